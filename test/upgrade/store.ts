import { readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import { example } from '../templates/templates';
import type { CloudFormationTemplate } from '../toolkit/template';

/*
 * The templates of the release candidate, reduced to the resources that an update must not replace. test/upgrade compares them with the templates of today. For
 * each release, run `TSX_TSCONFIG_PATH=tsconfig.dev.json npx tsx test/upgrade/store.ts`.
 */
const FILE = path.join(__dirname, 'release-candidate.json');

/** Resource types that must not be replaced. A replacement would lose data, sign users out, change a URL or make signed media unreadable. */
const KEPT_TYPES = [
  'AWS::ApiGateway::RestApi', 'AWS::CloudFront::Distribution', 'AWS::CloudFront::KeyGroup', 'AWS::CloudFront::PublicKey', 'AWS::Cognito::UserPool', 'AWS::Cognito::UserPoolClient',
  'AWS::Cognito::UserPoolDomain', 'AWS::Cognito::UserPoolGroup', 'AWS::DynamoDB::GlobalTable', 'AWS::Events::EventBus', 'AWS::Lambda::EventSourceMapping', 'AWS::MediaConvert::Queue', 'AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::SecretsManager::Secret',
  'Custom::VodKeyPair', 'Custom::VodClientSecret',
];

/** Together, these examples contain each kind of resource. */
const EXAMPLES = ['smallest', 'every option', 'customer\'s keys', 'a custom domain'] as const;

type Templates = Record<(typeof EXAMPLES)[number], CloudFormationTemplate>;

function reduced({ Resources }: CloudFormationTemplate): CloudFormationTemplate {
  return { Resources: Object.fromEntries(Object.entries(Resources).filter(([, { Type }]) => KEPT_TYPES.includes(Type))) } as CloudFormationTemplate;
}

export const today = (): Templates => Object.fromEntries(EXAMPLES.map((name) => [name, reduced(example(name))])) as Templates;

export const releaseCandidate = (): Templates => JSON.parse(readFileSync(FILE, 'utf8'));

if (require.main === module) writeFileSync(FILE, `${JSON.stringify(today(), null, 1)}\n`);
