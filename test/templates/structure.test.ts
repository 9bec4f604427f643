import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type CloudFormationTemplate, ofType } from './template';
import { example, EXAMPLE_NAMES, synthesize } from './templates';
import { Identity, ServerlessVod, ServerlessVodProps } from '../../src';

describe.each(EXAMPLE_NAMES)('the template of %s', (name) => {
  const template = example(name);

  test('is byte-equal when synthesized again', () => expect(JSON.stringify(example(name))).toBe(JSON.stringify(template)));

  test('shows nothing but addresses and ids in its outputs', () => {
    const shown = JSON.stringify(template.Outputs ?? {});
    expect(shown).not.toMatch(/secret|password|execute-api/i);
  });
});

test('DESTROY makes a stack that can be thrown away', () => {
  const template = synthesize((app) => {
    const stack = new Stack(app, 'Videos');
    new ServerlessVod(stack, 'Vod', { removalPolicy: RemovalPolicy.DESTROY });
    return stack;
  });
  const kept = Object.entries(template.Resources).filter(([, { DeletionPolicy }]) => DeletionPolicy?.startsWith('Retain')).map(([id]) => id);
  expect(kept).toEqual([]);
});

test('RETAIN is honored: such a resource stays even when its first deployment fails', () => {
  const template = synthesize((app) => {
    const stack = new Stack(app, 'Videos');
    new ServerlessVod(stack, 'Vod', { removalPolicy: RemovalPolicy.RETAIN });
    return stack;
  });
  for (const type of ['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::Cognito::UserPool', 'AWS::SecretsManager::Secret']) {
    for (const { DeletionPolicy } of Object.values(ofType(template, type))) expect(DeletionPolicy).toBe('Retain');
  }
});

test.each<[string, ServerlessVodProps]>([
  ['removalPolicy', { removalPolicy: RemovalPolicy.SNAPSHOT }],
  ['removalPolicy', { auth: { removalPolicy: RemovalPolicy.SNAPSHOT } }],
  ['userPool.removalPolicy', { auth: { identity: Identity.userPool({ userPool: { removalPolicy: RemovalPolicy.SNAPSHOT } }) } }],
  ['removalPolicy', { catalog: { removalPolicy: RemovalPolicy.SNAPSHOT } }],
  ['removalPolicy', { delivery: { removalPolicy: RemovalPolicy.SNAPSHOT } }],
  ['removalPolicy', { upload: { removalPolicy: RemovalPolicy.SNAPSHOT } }],
])('SNAPSHOT is refused by the name of its prop, %s (case %#)', (name, props) => {
  expect(() => new ServerlessVod(new Stack(), 'Vod', props)).toThrow(new RegExp(`: (\\S+: )?${name}: expected RemovalPolicy\\.DESTROY .*, got "snapshot"`));
});

describe('names that CloudFront and Cognito keep for more than one stack', () => {
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
  };
  const OURS = (id: string): boolean => /^Vod/.test(id);

  /** As CloudFormation would resolve them: each stack has an id with a UUID of its own. */
  function resolve(value: any, stack: { name: string; region: string; uuid: string }): any {
    const inner = (part: any): any => resolve(part, stack);
    if (typeof value === 'string') return value;
    if (value.Ref === 'AWS::StackId') return `arn:aws:cloudformation:${stack.region}:123456789012:stack/${stack.name}/${stack.uuid}`;
    if (value.Ref === 'AWS::StackName') return stack.name;
    if (value.Ref === 'AWS::Region') return stack.region;
    if (value.Ref === 'AWS::AccountId') return '123456789012';
    if (value['Fn::GetAtt']?.[1] === 'CreatedAt') return '2026-11-29T00:00:00.000Z';
    if (value['Fn::Join']) return value['Fn::Join'][1].map(inner).join(value['Fn::Join'][0]);
    if (value['Fn::Split']) return inner(value['Fn::Split'][1]).split(value['Fn::Split'][0]);
    if (value['Fn::Select']) return inner(value['Fn::Select'][1])[Number(value['Fn::Select'][0])];
    throw new Error(`a name may be built of pseudo parameters only, not of ${JSON.stringify(value)}`);
  }

  function globalNames(template: CloudFormationTemplate, stack: { name: string; region: string; uuid: string }): string[] {
    return Object.entries(template.Resources)
      .filter(([id, { Type }]) => NAMED[Type] && OURS(id))
      .flatMap(([, { Type, Properties }]) => NAMED[Type](Properties).map((name, index) => `${Type} ${index} ${resolve(name, stack)}`));
  }

  const build = (id: string, region?: string) => synthesize((app) => {
    const stack = new Stack(app, id, region ? { env: { region, account: '123456789012' } } : {});
    new ServerlessVod(stack, 'Vod');
    return stack;
  });

  test.each([
    ['two stacks of one app', build('One'), { name: 'One', region: 'eu-west-1', uuid: '11111111-1111' }, build('Two'), { name: 'Two', region: 'eu-west-1', uuid: '22222222-2222' }],
    ['one stack in two regions', build('One'), { name: 'One', region: 'eu-west-1', uuid: '11111111-1111' }, build('One'), { name: 'One', region: 'us-east-1', uuid: '22222222-2222' }],
    ['one stack, its regions named', build('One', 'eu-west-1'), { name: 'One', region: 'eu-west-1', uuid: '11111111-1111' }, build('One', 'us-east-1'), { name: 'One', region: 'us-east-1', uuid: '22222222-2222' }],
  ])('%s share none', (_what, one, oneStack, two, twoStack) => {
    const first = globalNames(one, oneStack);
    expect(first.length).toBeGreaterThan(4);
    const second = new Set(globalNames(two, twoStack));
    expect(first.filter((name) => second.has(name))).toEqual([]);
  });

  test('two services in one stack share none', () => {
    const app = new App();
    const stack = new Stack(app, 'Videos');
    new ServerlessVod(stack, 'VodA');
    new ServerlessVod(stack, 'VodB');
    const found = globalNames(app.synth().getStackByName('Videos').template, { name: 'Videos', region: 'eu-west-1', uuid: '11111111-1111' });
    expect(new Set(found).size).toBe(found.length);
  });
});
