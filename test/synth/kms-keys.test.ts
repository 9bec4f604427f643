import { App, AspectPriority, Aspects, CfnResource, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import type { VodCatalog } from '../../src/catalog/vod-catalog';
import type { HandlerName } from '../../src/contract/environment';
import { makeTable } from '../templates/customer-keys-stack';
import { permissionsOf } from '../toolkit/permissions';
import { catalogIn, deliveryIn, ENV as env, sweeperIn, templateOf, testStack, transcodeIn, uploadIn, vodIn } from '../toolkit/stacks';
import { only } from '../toolkit/template';

const KEY_ARN = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** The sources in a bucket with that key. */
function upload(makeKey: (stack: Stack) => kms.IKey) {
  const stack = testStack({ env });
  const bucket = new s3.Bucket(stack, 'Sources', { encryptionKey: makeKey(stack), enforceSSL: true });
  uploadIn(stack, { bucket });
  return { stack, template: Template.fromStack(stack) };
}

const via = (service: string) => ({ StringEquals: { 'kms:ViaService': `${service}.us-east-1.amazonaws.com` } });
const usesOf = (key: string) => ['kms:Decrypt', 'kms:GenerateDataKey'].map((action) => `${action} on ${key} if ${JSON.stringify(via('s3'))}`);
const administrator = () => new iam.PolicyDocument({
  statements: [new iam.PolicyStatement({ principals: [new iam.ArnPrincipal('arn:aws:iam::123456789012:role/admin')], actions: ['kms:*'], resources: ['*'] })],
});
const ownPolicy = (template: Template): any[] => only(template, 'AWS::KMS::Key').properties.KeyPolicy.Statement;

describe('the policy of a customer\'s key', () => {
  test('stays as it is where it leaves access to IAM', () => {
    const { stack, template } = upload((scope) => new kms.Key(scope, 'Key'));
    expect(ownPolicy(template)).toHaveLength(1);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test.each([
    ['names an administrator only', administrator],
    ['lets the account administrate only', () => new iam.PolicyDocument({
      statements: [new iam.PolicyStatement({ principals: [new iam.AccountRootPrincipal()], actions: ['kms:PutKeyPolicy'], resources: ['*'] })],
    })],
    ['trusts the account under a condition', () => new iam.PolicyDocument({
      statements: [new iam.PolicyStatement({
        principals: [new iam.AccountRootPrincipal()], actions: ['kms:*'], resources: ['*'], conditions: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      })],
    })],
    ['trusts another account', () => new iam.PolicyDocument({
      statements: [new iam.PolicyStatement({ principals: [new iam.AccountPrincipal('999999999999')], actions: ['kms:*'], resources: ['*'] })],
    })],
  ])('that %s gets a statement for the role that uses it', (_, policy) => {
    const { stack, template } = upload((scope) => new kms.Key(scope, 'Key', { policy: policy() }));
    expect(ownPolicy(template).slice(1)).toEqual([{
      Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: '*', Condition: via('s3'),
      Principal: { AWS: { 'Fn::GetAtt': [expect.stringMatching(/^UploadPlanUploadRole/), 'Arn'] } },
    }]);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('of another stack can\'t name this stack\'s role: a warning says so', () => {
    const { stack } = upload((scope) => new kms.Key(new Stack(scope.node.scope as App, 'Keys', { env }), 'Key', { policy: administrator() }));
    Annotations.fromStack(stack).hasWarning('/Test/Upload', Match.stringLikeRegexp('^bucket: the policy of its KMS key .*root principal.*serverless-vod:keyPolicy'));
  });

  test.each<[string, (catalog: VodCatalog, stack: Stack) => void]>([
    ['an area', (catalog, stack) => uploadIn(stack, { catalog })],
    ['a grant', (catalog, stack) => catalog.grantReadVideos(new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() }))],
  ])('can\'t name a role of another stack, which names the table: a warning says so, without a circle between the stacks (%s)', (_, use) => {
    const app = new App();
    const stack = new Stack(app, 'Test', { env });
    const table = makeTable(stack, new kms.Key(stack, 'Key', { policy: administrator() }));
    const catalog = catalogIn(stack, { table });
    const other = new Stack(app, 'Other', { env });
    use(catalog, other);
    app.synth();
    expect(other.dependencies).toEqual([stack]);
    expect(stack.dependencies).toEqual([]);
    Annotations.fromStack(stack).hasWarning('/Test/Catalog', Match.stringLikeRegexp('^table: the policy of its KMS key'));
  });

  test('that was imported is not known: the grant is made, and a warning says what the policy needs', () => {
    const { stack, template } = upload((scope) => kms.Key.fromKeyArn(scope, 'Key', KEY_ARN));
    expect(permissionsOf(template, 'upload/plan-upload')).toEqual(expect.arrayContaining(usesOf(KEY_ARN)));
    Annotations.fromStack(stack).hasWarning('/Test/Upload', Match.stringLikeRegexp('^bucket: the policy of its KMS key'));
  });
});

test('an alias stands for its key: IAM knows keys only', () => {
  const { template } = upload((scope) => new kms.Alias(scope, 'Alias', { aliasName: 'sources', targetKey: new kms.Key(scope, 'Key') }));
  expect(permissionsOf(template, 'upload/plan-upload')).toEqual(expect.arrayContaining(usesOf('Key.Arn')));
});

test('an alias imported by its name is refused, since the key behind it is not known', () => {
  expect(() => upload((scope) => kms.Alias.fromAliasName(scope, 'Alias', 'alias/sources'))).toThrow(/^Test\/Upload: bucket: its KMS key is an alias .* kms\.Key\.fromKeyArn/);
});

test('a key of another region is refused: S3 and DynamoDB know keys of their own region only', () => {
  const elsewhere = (scope: Stack) => kms.Key.fromKeyArn(scope, 'Key', KEY_ARN.replace('us-east-1', 'eu-west-1'));
  expect(() => upload(elsewhere)).toThrow('Test/Upload: bucket: expected a KMS key in the region us-east-1 of the resource, got one of eu-west-1');
  const stack = testStack({ env });
  expect(() => catalogIn(stack, { table: makeTable(stack, elsewhere(stack)) })).toThrow('Test/Catalog: table: expected a KMS key in the region');
});

test('an imported key of the media: a warning says what CloudFront needs', () => {
  const stack = testStack({ env });
  const bucket = new s3.Bucket(stack, 'Media', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
  deliveryIn(stack, { bucket });
  Annotations.fromStack(stack).hasWarning('/Test/Delivery', Match.stringLikeRegexp('^bucket: the policy of its KMS key .*cloudfront.amazonaws.com kms:Decrypt where AWS:SourceArn'));
});

test('a key of the media in another stack lets CloudFront in without a circle between the stacks', () => {
  const app = new App();
  const stack = new Stack(app, 'Test', { env });
  const keys = new Stack(app, 'Keys', { env });
  const bucket = new s3.Bucket(stack, 'Media', { encryptionKey: new kms.Key(keys, 'Key') });
  deliveryIn(stack, { bucket });
  Template.fromStack(keys).hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: {
      Statement: Match.arrayWith([Match.objectLike({
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Condition: { ArnLike: { 'AWS:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':cloudfront::123456789012:distribution/*']] } } },
      })]),
    },
  });
  expect(stack.dependencies).toEqual([keys]);
});

describe('a key that an aspect, or code of the app, gives a resource without a prop for it', () => {
  type Give = (secret: secretsmanager.CfnSecret, key: string) => void;
  const byProperty: Give = (secret, key) => { secret.kmsKeyId = key; };

  /** The service, with each of its secrets changed. */
  function secrets(keyOf: (stack: Stack) => string, give = byProperty) {
    const stack = testStack({ env });
    vodIn(stack);
    const key = keyOf(stack);
    Aspects.of(stack).add({ visit: (node) => { if (node instanceof secretsmanager.CfnSecret) give(node, key); } });
    return stack;
  }
  const usedVia = (...actions: string[]) => actions.map((action) => `kms:${action} on Key.Arn if ${JSON.stringify(via('secretsmanager'))}`);

  test.each<[string, (key: kms.Key) => string, Give | undefined]>([
    ['its ARN', ({ keyArn }) => keyArn, undefined],
    ['its id', ({ keyId }) => keyId, undefined],
    ['an override', ({ keyArn }) => keyArn, (secret, key) => secret.addPropertyOverride('KmsKeyId', key)],
  ])('serves secrets: each handler is granted what it does with them, by Secrets Manager only (%s)', (_, keyOf, give) => {
    const template = Template.fromStack(secrets((stack) => keyOf(new kms.Key(stack, 'Key')), give));
    const keysOf = (handler: HandlerName) => permissionsOf(template, handler).filter((permission) => permission.startsWith('kms:'));
    expect(keysOf('delivery/make-key-pair')).toEqual(usedVia('Decrypt', 'GenerateDataKey'));
    expect(keysOf('delivery/start-playback')).toEqual(usedVia('Decrypt'));
    expect(keysOf('auth/fill-client-secret')).toEqual(usedVia('Decrypt', 'GenerateDataKey'));
    expect(keysOf('auth/sign-in')).toEqual(usedVia('Decrypt'));
    expect(keysOf('catalog/read-videos')).toEqual([]);
  });

  test('serves secrets if it was imported, with the warning that its policy is not known', () => {
    const stack = secrets((scope) => kms.Key.fromKeyArn(scope, 'Key', KEY_ARN).keyArn);
    expect(permissionsOf(Template.fromStack(stack), 'auth/sign-in')).toContain(`kms:Decrypt on ${KEY_ARN} if ${JSON.stringify(via('secretsmanager'))}`);
    Annotations.fromStack(stack).hasWarning('/Test/Vod/Auth/ClientSecret', Match.stringLikeRegexp('^kmsKeyId: the policy of its KMS key'));
  });

  test.each<[string, string | ((stack: Stack) => string), RegExp]>([
    ['a text', KEY_ARN, /\[Test\/Vod\/Auth\/ClientSecret\] kmsKeyId: expected the keyArn of a kms\.Key of this app.*got "arn:aws:kms:/],
    ['an alias by name', (stack) => kms.Alias.fromAliasName(stack, 'Alias', 'alias/mine').keyArn, /\[Test\/Vod\/Delivery\/Keys\/Secret1\] kmsKeyId: expected the keyArn of a kms\.Key/],
    ['a key of another region', (stack) => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace('us-east-1', 'eu-west-1')).keyArn, /ClientSecret\] kmsKeyId: expected a KMS key in the region/],
  ])('is refused for a secret if nobody can be granted it: %s', (_, key, message) => {
    expect(() => templateOf(secrets((stack) => (typeof key === 'string' ? key : key(stack))))).toThrow(message);
  });

  test('is refused for a secret if an aspect gives it after the grants', () => {
    const stack = testStack({ env });
    deliveryIn(stack);
    const { keyArn } = new kms.Key(stack, 'Key');
    const visit = (node: IConstruct) => { if (node instanceof secretsmanager.CfnSecret) node.kmsKeyId = keyArn; };
    Aspects.of(stack).add({ visit }, { priority: AspectPriority.READONLY + 1 });
    expect(() => templateOf(stack)).toThrow('[Test/Delivery/Keys/Secret1] kmsKeyId: expected a key that is set before access to it is granted');
  });

  test('is refused for what could not use it: functions, the bus, queues', () => {
    const stack = testStack({ env });
    const catalog = catalogIn(stack);
    sweeperIn(stack, { catalog, transcode: transcodeIn(stack, { catalog }) });
    const properties: Record<string, string> = {
      'AWS::SQS::Queue': 'KmsMasterKeyId', 'AWS::Lambda::Function': 'KmsKeyArn', 'AWS::Events::EventBus': 'KmsKeyIdentifier',
    };
    Aspects.of(stack).add({
      visit: (node) => {
        if (CfnResource.isCfnResource(node) && properties[node.cfnResourceType]) node.addPropertyOverride(properties[node.cfnResourceType], KEY_ARN);
      },
    });
    const refused = [
      ...['ReadVideos', 'Events/PublishEvents', 'Events/ResendEvents'].map((path) => `Catalog/${path}/Function] kmsKeyArn`), 'Catalog/Events/Bus] kmsKeyIdentifier',
      ...['Transcode/DeadLetterQueue', 'Transcode/JobEventsDeadLetterQueue', 'Transcode/SubmitQueue', 'Sweeper/DeadLetterQueue'].map((path) => `${path}] kmsMasterKeyId`),
    ];
    let message = '';
    try { templateOf(stack); } catch (error) { ({ message } = error as Error); }
    expect(refused.filter((each) => !message.includes(`[Test/${each}: expected none, got "${KEY_ARN}": `))).toEqual([]);
  });
});
