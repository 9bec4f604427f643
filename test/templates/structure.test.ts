import { App, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { example, EXAMPLE_NAMES } from './templates';
import { Identity, ServerlessVod, ServerlessVodProps } from '../../src';
import { templateOf, testStack, vodIn } from '../toolkit/stacks';
import { type CloudFormationTemplate, isOurs, ofType, plain } from '../toolkit/template';

describe.each(EXAMPLE_NAMES)('the template of %s', (name) => {
  const template = example(name);

  test('is byte-equal when synthesized again', () => expect(JSON.stringify(example(name))).toBe(JSON.stringify(template)));

  test('has no secret and no execute-api URL in its outputs', () => {
    const shown = JSON.stringify(template.Outputs ?? {});
    expect(shown).not.toMatch(/secret|password|execute-api/i);
  });
});

test('DESTROY retains no resource', () => {
  const template = templateOf(vodIn(testStack(), { removalPolicy: RemovalPolicy.DESTROY }));
  const kept = Object.entries(template.Resources).filter(([, { DeletionPolicy }]) => DeletionPolicy?.startsWith('Retain')).map(([id]) => id);
  expect(kept).toEqual([]);
});

test('RETAIN is applied as given and not as RetainExceptOnCreate', () => {
  const template = templateOf(vodIn(testStack(), { removalPolicy: RemovalPolicy.RETAIN }));
  for (const type of ['AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::Cognito::UserPool', 'AWS::SecretsManager::Secret']) {
    for (const { resource } of ofType(template, type)) expect(resource.DeletionPolicy).toBe('Retain');
  }
});

test.each<[string, ServerlessVodProps]>([
  ['removalPolicy', { removalPolicy: RemovalPolicy.SNAPSHOT }],
  ['userPool.removalPolicy', { identity: Identity.userPool({ userPool: { removalPolicy: RemovalPolicy.SNAPSHOT } }) }],
  ['removalPolicy', { catalog: { removalPolicy: RemovalPolicy.SNAPSHOT } }],
  ['removalPolicy', { delivery: { removalPolicy: RemovalPolicy.SNAPSHOT } }],
  ['removalPolicy', { upload: { removalPolicy: RemovalPolicy.SNAPSHOT } }],
])('rejects SNAPSHOT with an error that names the prop %s (case %#)', (name, props) => {
  expect(() => vodIn(testStack(), props)).toThrow(new RegExp(`: (\\S+: )?${name}: expected RemovalPolicy\\.DESTROY .*, got "snapshot"`));
});

test.each(EXAMPLE_NAMES)('CloudFormation generates the names of %s, except those that decision 021 lists', (name) => {
  // Names of these resource types must be unique only within another resource. For example, names of stages must be unique in an API.
  const within = /^AWS::(?:ApiGateway::(?:Authorizer|Method|Stage)|Cognito::UserPool(?:Group|UserToGroupAttachment)|IAM::Policy|Lambda::(?:EventSourceMapping|Permission))$/;
  const named = Object.entries(example(name).Resources).filter(([id, { Type }]) => isOurs(id) && !within.test(Type))
    .flatMap(([, { Type, Properties = {} }]) => Object.keys(Properties).filter((property) => property.endsWith('Name')).map((property) => `${Type} ${property}`));
  const listed = ['AWS::ApiGateway::RestApi Name', 'AWS::CloudFront::Function Name', 'AWS::Events::EventBus Name', 'AWS::Events::Rule EventBusName', 'AWS::MediaConvert::Queue Name'];
  expect(named.filter((found) => !listed.includes(found))).toEqual([]);
});

describe('names that must be unique in an account or region', () => {
  const NAMED: Record<string, (properties: any) => unknown[]> = {
    'AWS::CloudFront::OriginAccessControl': ({ OriginAccessControlConfig }) => [OriginAccessControlConfig.Name],
    'AWS::CloudFront::PublicKey': ({ PublicKeyConfig }) => [PublicKeyConfig.Name, PublicKeyConfig.CallerReference],
    'AWS::CloudFront::KeyGroup': ({ KeyGroupConfig }) => [KeyGroupConfig.Name],
    'AWS::CloudFront::Function': ({ Name }) => [Name],
    'AWS::CloudFront::CachePolicy': ({ CachePolicyConfig }) => [CachePolicyConfig.Name],
    'AWS::CloudFront::OriginRequestPolicy': ({ OriginRequestPolicyConfig }) => [OriginRequestPolicyConfig.Name],
    'AWS::CloudFront::ResponseHeadersPolicy': ({ ResponseHeadersPolicyConfig }) => [ResponseHeadersPolicyConfig.Name],
    'AWS::CloudFront::KeyValueStore': ({ Name }) => [Name],
    'AWS::Cognito::UserPoolDomain': ({ Domain }) => [Domain],
    'AWS::Events::EventBus': ({ Name }) => [Name],
    'AWS::MediaConvert::Queue': ({ Name }) => [Name],
  };
  interface Deployed { name: string; region: string; uuid: string }

  // Resolves the references that a resource name can contain: pseudo parameters, and the creation time of the key pair.
  const lookupIn = ({ name, region, uuid }: Deployed) => (ref: string, attribute?: string): string | undefined => (attribute === 'CreatedAt' ? '2026-11-29T00:00:00.000Z' : {
    'AWS::StackId': `arn:aws:cloudformation:${region}:123456789012:stack/${name}/${uuid}`,
    'AWS::StackName': name,
    'AWS::Region': region,
    'AWS::AccountId': '123456789012',
  }[ref]);

  function globalNames(template: CloudFormationTemplate, stack: Deployed): string[] {
    return Object.entries(template.Resources)
      .filter(([id, { Type }]) => NAMED[Type] && isOurs(id))
      .flatMap(([, { Type, Properties }]) => NAMED[Type](Properties).map((name, index) => `${Type} ${index} ${plain(name, lookupIn(stack))}`));
  }

  const nested = (id: string) => templateOf(vodIn(new NestedStack(new Stack(new App(), id), 'Nested') as Stack));
  const staged = (id: string) => templateOf(vodIn(new Stack(new Stage(new App(), id), 'One')));
  const build = (id: string, region?: string) => templateOf(vodIn(new Stack(new App(), id, region ? { env: { region, account: '123456789012' } } : {})));

  test.each([
    ['two stacks of one app', build('One'), { name: 'One', region: 'eu-west-1', uuid: '11111111-1111' }, build('Two'), { name: 'Two', region: 'eu-west-1', uuid: '22222222-2222' }],
    ['one stack in two regions', build('One'), { name: 'One', region: 'eu-west-1', uuid: '11111111-1111' }, build('One'), { name: 'One', region: 'us-east-1', uuid: '22222222-2222' }],
    ['one stack in two explicit regions', build('One', 'eu-west-1'), { name: 'One', region: 'eu-west-1', uuid: '11111111-1111' }, build('One', 'us-east-1'), { name: 'One', region: 'us-east-1', uuid: '22222222-2222' }],
    ['nested stacks of two stacks', nested('One'), { name: 'One', region: 'eu-west-1', uuid: '11111111-1111' }, nested('Two'), { name: 'Two', region: 'eu-west-1', uuid: '22222222-2222' }],
    ['stacks of two stages', staged('One'), { name: 'One', region: 'eu-west-1', uuid: '11111111-1111' }, staged('Two'), { name: 'Two', region: 'eu-west-1', uuid: '22222222-2222' }],
  ])('names differ in %s', (_what, one, oneStack, two, twoStack) => {
    const first = globalNames(one, oneStack);
    expect(first.length).toBeGreaterThan(4);
    const second = new Set(globalNames(two, twoStack));
    expect(first.filter((name) => second.has(name))).toEqual([]);
  });

  test('names stay the same if a stack gets another construct id or moves into a stage, because a public key cannot be renamed', () => {
    const stack = { name: 'Videos', region: 'eu-west-1', uuid: '11111111-1111' };
    const names = globalNames(build('One'), stack);
    expect(names.length).toBeGreaterThan(6);
    expect(globalNames(build('Another'), stack)).toEqual(names);
    expect(globalNames(staged('Prod'), stack)).toEqual(names);
  });

  test('names differ in two services of one stack', () => {
    const stack = testStack();
    new ServerlessVod(stack, 'VodA');
    new ServerlessVod(stack, 'VodB');
    const found = globalNames(templateOf(stack), { name: 'Videos', region: 'eu-west-1', uuid: '11111111-1111' });
    expect(new Set(found).size).toBe(found.length);
  });
});
