import { App, CfnResource } from 'aws-cdk-lib';
import { example, EXAMPLE_NAMES, EXAMPLES } from './templates';
import { templateOf } from '../toolkit/stacks';
import { isOurs, ofType, readable, withoutHash } from '../toolkit/template';

const smallest = example('smallest');

const NAMES = ['Name', 'FunctionName', 'BucketName', 'TableName', 'QueueName', 'RoleName', 'LogGroupName', 'UserPoolName', 'Domain', 'GroupName', 'Username'];

/** For some resource types, the name is in a nested property. */
function nameOf(properties: Record<string, any>): unknown {
  const { OriginAccessControlConfig, KeyGroupConfig } = properties;
  return NAMES.map((name) => properties[name]).find((value) => value !== undefined) ?? OriginAccessControlConfig?.Name ?? KeyGroupConfig?.Name;
}

/** Construct paths are public API, because apps use paths to find constructs. */
function resourcesOf(name: 'smallest' | 'full'): string[] {
  const stack = new EXAMPLES[name](new App({ analyticsReporting: false }), 'Videos');
  const { Resources } = templateOf(stack);
  return stack.node.findAll().filter(CfnResource.isCfnResource).map((resource) => {
    const id = stack.getLogicalId(resource);
    // The id of a deployment changes with every route.
    const shown = resource.cfnResourceType === 'AWS::ApiGateway::Deployment' ? '(changes with the API)' : id;
    const properties: Record<string, unknown> = Resources[id]?.Properties ?? {};
    const named = nameOf(properties);
    return `${resource.node.path} ${resource.cfnResourceType} ${shown}${named === undefined ? '' : ` named ${readable(named)}`}`;
  }).sort();
}

test.each(['smallest', 'full'] as const)('constructs of %s keep their paths, logical ids and names', (name) => {
  expect(resourcesOf(name)).toMatchSnapshot();
});

/** Apps that use an option rely on the ids of its resources. */
test.each(EXAMPLE_NAMES.filter((name) => name !== 'smallest' && name !== 'full'))('resources that %s adds keep their logical ids and names', (name) => {
  const known = new Set([...Object.keys(smallest.Resources), ...Object.keys(example('full').Resources)]);
  const added = Object.entries(example(name).Resources).filter(([id]) => isOurs(id) && !known.has(id)).map(([id, { Type, Properties = {} }]) => {
    const named = nameOf(Properties);
    return `${Type} ${id}${named === undefined ? '' : ` named ${readable(named)}`}`;
  });
  expect(added.sort()).toMatchSnapshot();
});

const TUNED = ['AWS::Lambda::Function', 'AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup', 'AWS::MediaConvert::Queue', 'AWS::Cognito::UserPool', 'AWS::Cognito::UserPoolClient', 'AWS::ApiGateway::Stage', 'AWS::ApiGateway::Authorizer', 'AWS::CloudFront::Distribution', 'AWS::Lambda::EventSourceMapping', 'AWS::Events::Rule', 'Custom::VodKeyPair'];

test('defaults do not change', () => {
  const tuned = Object.entries(smallest.Resources).filter(([id, { Type }]) => isOurs(id) && TUNED.includes(Type));
  const shown = tuned.map(([id, { Properties }]) => [withoutHash(id), Object.entries(Properties ?? {})
    // `Code` changes with every change of a handler, and `DeploymentId` changes with every change of a route.
    .filter(([name]) => !['Code', 'DeploymentId'].includes(name)).map(([name, value]) => `${name}: ${readable(value)}`)]);
  expect(Object.fromEntries(shown)).toMatchSnapshot();
});

test('stateful resources keep their logical ids, because a new id creates an empty resource', () => {
  const stateful = ['AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::Cognito::UserPool', 'AWS::Cognito::UserPoolClient', 'AWS::SecretsManager::Secret', 'AWS::CloudFront::Distribution', 'AWS::CloudFront::PublicKey', 'AWS::CloudFront::KeyGroup'];
  const ids = stateful.flatMap((type) => ofType(smallest, type)
    .map(({ id, resource: { DeletionPolicy, UpdateReplacePolicy } }) => `${type} ${id}: ${DeletionPolicy ?? 'Delete'}, ${UpdateReplacePolicy ?? 'Delete'} when replaced`));
  expect(ids.sort()).toMatchSnapshot();
});

test('public keys keep their values, because CloudFront cannot update a public key', () => {
  expect(ofType(smallest, 'AWS::CloudFront::PublicKey').map(({ id, properties }) => ({ [id]: properties.PublicKeyConfig }))).toMatchSnapshot();
});

test('the smallest example keeps its number of resources per type', () => {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(smallest.Resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  expect(counts).toMatchSnapshot();
});
