import { App, CfnResource } from 'aws-cdk-lib';
import { example, EXAMPLE_NAMES, EXAMPLES } from './templates';
import { templateOf } from '../toolkit/stacks';
import { isOurs, ofType, readable, withoutHash } from '../toolkit/template';

const smallest = example('smallest');

/** The properties that name a resource. */
const NAMES = ['Name', 'FunctionName', 'BucketName', 'TableName', 'QueueName', 'RoleName', 'LogGroupName', 'UserPoolName', 'Domain', 'GroupName', 'Username'];

/** The name that a template gives a resource, which some types have one level down. */
function nameOf(properties: Record<string, any>): unknown {
  const { OriginAccessControlConfig, KeyGroupConfig } = properties;
  return NAMES.map((name) => properties[name]).find((value) => value !== undefined) ?? OriginAccessControlConfig?.Name ?? KeyGroupConfig?.Name;
}

/** A construct's place in the tree -> type, logical id and the name that the template gives it. Places are public: users reach for what lies there. */
function resourcesOf(name: 'smallest' | 'full'): string[] {
  const stack = new EXAMPLES[name](new App({ analyticsReporting: false }), 'Videos');
  const { Resources } = templateOf(stack);
  return stack.node.findAll().filter(CfnResource.isCfnResource).map((resource) => {
    const id = stack.getLogicalId(resource);
    // A deployment's id changes with every route.
    const shown = resource.cfnResourceType === 'AWS::ApiGateway::Deployment' ? '(changes with the API)' : id;
    const properties: Record<string, unknown> = Resources[id]?.Properties ?? {};
    const named = nameOf(properties);
    return `${resource.node.path} ${resource.cfnResourceType} ${shown}${named === undefined ? '' : ` named ${readable(named)}`}`;
  }).sort();
}

test.each(['smallest', 'full'] as const)('constructs of %s have the places, logical ids and names that they had', (name) => {
  expect(resourcesOf(name)).toMatchSnapshot();
});

/** What the other examples have besides: people who use those options rely on these ids. */
test.each(EXAMPLE_NAMES.filter((name) => name !== 'smallest' && name !== 'full'))('what %s adds has the logical ids and names that it had', (name) => {
  const known = new Set([...Object.keys(smallest.Resources), ...Object.keys(example('full').Resources)]);
  const added = Object.entries(example(name).Resources).filter(([id]) => isOurs(id) && !known.has(id)).map(([id, { Type, Properties = {} }]) => {
    const named = nameOf(Properties);
    return `${Type} ${id}${named === undefined ? '' : ` named ${readable(named)}`}`;
  });
  expect(added.sort()).toMatchSnapshot();
});

/** The types whose properties users tune by props. */
const TUNED = ['AWS::Lambda::Function', 'AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup', 'AWS::MediaConvert::Queue', 'AWS::Cognito::UserPool', 'AWS::Cognito::UserPoolClient', 'AWS::ApiGateway::Stage', 'AWS::ApiGateway::Authorizer', 'AWS::CloudFront::Distribution', 'AWS::Lambda::EventSourceMapping', 'AWS::Events::Rule', 'Custom::VodKeyPair'];

test('defaults are what they were', () => {
  const tuned = Object.entries(smallest.Resources).filter(([id, { Type }]) => isOurs(id) && TUNED.includes(Type));
  const shown = tuned.map(([id, { Properties }]) => [withoutHash(id), Object.entries(Properties ?? {})
    // Both change with every handler or route.
    .filter(([name]) => !['Code', 'DeploymentId'].includes(name)).map(([name, value]) => `${name}: ${readable(value)}`)]);
  expect(Object.fromEntries(shown)).toMatchSnapshot();
});

test('logical ids of what holds data are pinned: another id is another, empty resource', () => {
  const stateful = ['AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::Cognito::UserPool', 'AWS::Cognito::UserPoolClient', 'AWS::SecretsManager::Secret', 'AWS::CloudFront::Distribution', 'AWS::CloudFront::PublicKey', 'AWS::CloudFront::KeyGroup'];
  const ids = stateful.flatMap((type) => ofType(smallest, type)
    .map(({ id, resource: { DeletionPolicy, UpdateReplacePolicy } }) => `${type} ${id}: ${DeletionPolicy ?? 'Delete'}, ${UpdateReplacePolicy ?? 'Delete'} when replaced`));
  expect(ids.sort()).toMatchSnapshot();
});

test('public keys are pinned: CloudFront lets nothing of one change, so another value under the same logical id fails every update', () => {
  expect(ofType(smallest, 'AWS::CloudFront::PublicKey').map(({ id, properties }) => ({ [id]: properties.PublicKeyConfig }))).toMatchSnapshot();
});

test('the kinds of resources, and how many of each: what one line deploys', () => {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(smallest.Resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  expect(counts).toMatchSnapshot();
});
