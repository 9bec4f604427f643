import { execFileSync, spawnSync } from 'child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { judgeMutants } from './mutants/judge';
import { judgePairwise } from './pairwise/judge';
import { cfnLint, install, program } from './python';
import { judgeReadModel } from './read-model';
import { judgeWorkflows } from './workflows';
import { librarySource } from '../local/template/app';
import { type CloudFormationTemplate, ours, plain } from '../test/toolkit/template';

/**
 * Checks the examples' templates with cfn-lint and parliament, and GitHub's workflows with actionlint. Also checks generated templates, in which all public
 * props are combined with each other. Then runs the Python example of the read model, and checks whether this project's tests detect changed templates.
 */
const root = path.join(__dirname, '..');

const PSEUDO: Record<string, string> = { 'AWS::Partition': 'aws', 'AWS::Region': 'us-east-1', 'AWS::AccountId': '123456789012' };

/**
 * Ignored findings of parliament, a linter for IAM policies. Parliament does not know the new action Probe. Policies cannot contain the ARNs of a VPC's network
 * interfaces.
 */
const KEPT = ['Unknown action mediaconvert:Probe', "['ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:UnassignPrivateIpAddresses']"];

function synthesize(folder: string): string[] {
  const apps = [...readdirSync(path.join(root, 'examples/typescript')).map((name) => `examples/typescript/${name}/app.ts`), 'judges/modes.ts'];
  return apps.flatMap((app, index) => {
    const output = path.join(folder, String(index));
    execFileSync(process.execPath, ['--import', 'tsx', app], {
      cwd: root, env: { ...process.env, CDK_OUTDIR: output, CDK_VALIDATION: 'false', ...librarySource(app) }, stdio: 'inherit',
    });
    return readdirSync(output).filter((file) => file.endsWith('.template.json')).map((file) => path.join(output, file));
  });
}

/** Returns the IAM policies of a template, with an example value instead of each intrinsic function. */
function policies(template: string): { name: string; document: object }[] {
  const whole: CloudFormationTemplate = JSON.parse(readFileSync(template, 'utf8'));
  // In a policy, `Ref` returns the value of a pseudo parameter or the ARN of a secret.
  const lookup = (name: string, attribute?: string): string => PSEUDO[name] ?? `${arnOf(whole.Resources[name].Type)}${attribute === 'StreamArn' ? '/stream/x' : ''}`;
  return ours(whole, 'AWS::IAM::Policy').map(({ id, properties }) => ({ name: id, document: plain(properties.PolicyDocument, lookup) }));
}

function arnOf(type: string): string {
  const forms: Record<string, string> = {
    'AWS::S3::Bucket': 'arn:aws:s3:::x',
    'AWS::DynamoDB::GlobalTable': 'arn:aws:dynamodb:us-east-1:123456789012:table/x',
    'AWS::DynamoDB::Table': 'arn:aws:dynamodb:us-east-1:123456789012:table/x',
    'AWS::Events::EventBus': 'arn:aws:events:us-east-1:123456789012:event-bus/x',
    'AWS::SQS::Queue': 'arn:aws:sqs:us-east-1:123456789012:x',
    'AWS::Logs::LogGroup': 'arn:aws:logs:us-east-1:123456789012:log-group:x:*',
    'AWS::IAM::Role': 'arn:aws:iam::123456789012:role/x',
    'AWS::Cognito::UserPool': 'arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_x',
    'AWS::SecretsManager::Secret': 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x',
    'AWS::MediaConvert::Queue': 'arn:aws:mediaconvert:us-east-1:123456789012:queues/x',
    'AWS::KMS::Key': 'arn:aws:kms:us-east-1:123456789012:key/x',
  };
  return forms[type] ?? '*';
}

function askPythonJudges(): number {
  if (!install()) {
    console.error('skipped: cfn-lint and parliament, because Python 3 with venv and pip is not installed');
    return 1;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'judges-'));
  try {
    const templates = synthesize(folder);
    const isClean = cfnLint(templates);
    let found = 0;
    // Most policies are the same in every template, so equal policies are checked once.
    const documents = [...new Map(templates.flatMap(policies).map((policy) => [JSON.stringify(policy), policy])).values()];
    for (const { name, document } of documents) {
      const { stdout, stderr } = spawnSync(program('parliament'), [], { encoding: 'utf8', input: JSON.stringify(document) });
      const lines = (stdout + stderr).split('\n').filter((line) => line.trim() && !KEPT.some((known) => line.includes(known)));
      found += lines.length;
      lines.forEach((line) => console.log(`parliament: ${name}: ${line}`));
    }
    console.log(`parliament: ${documents.length} policies, ${found === 0 ? 'nothing found' : 'see above'}`);
    return isClean && found === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// CDK's template validation is off: it takes seconds, and `npm test` already runs it.
process.env.CDK_VALIDATION = 'false';
const found = Math.max(judgeWorkflows(), askPythonJudges(), judgePairwise());
judgeReadModel().then(async (readModel) => process.exit(found || readModel || await judgeMutants()), (error) => {
  console.error(error);
  process.exit(1);
});
