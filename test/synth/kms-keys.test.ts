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

describe('the policy of a customer-managed key', () => {
  test('is not changed if it delegates access to IAM', () => {
    const { stack, template } = upload((scope) => new kms.Key(scope, 'Key'));
    expect(ownPolicy(template)).toHaveLength(1);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test.each([
    ['names an administrator only', administrator],
    ['allows the account to administer only', () => new iam.PolicyDocument({
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
  ])('gets a statement for the role if it %s', (_, policy) => {
    const { stack, template } = upload((scope) => new kms.Key(scope, 'Key', { policy: policy() }));
    expect(ownPolicy(template).slice(1)).toEqual(['SigningRole', 'ManageUploadsRole'].map((role) => ({
      Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: '*', Condition: via('s3'),
      Principal: { AWS: { 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^Upload${role}`)), 'Arn'] } },
    })));
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('cannot be changed in another stack: a warning is added', () => {
    const { stack } = upload((scope) => new kms.Key(new Stack(scope.node.scope as App, 'Keys', { env }), 'Key', { policy: administrator() }));
    Annotations.fromStack(stack).hasWarning('/Test/Upload', Match.stringLikeRegexp('^bucket: this stack can\'t change the policy of the KMS key.*root principal.*serverless-vod:keyPolicy'));
  });

  test.each<[string, (catalog: VodCatalog, stack: Stack) => void]>([
    ['an area', (catalog, stack) => uploadIn(stack, { catalog })],
    ['a grant', (catalog, stack) => catalog.grantReadVideos(new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() }))],
  ])('cannot refer to a role of another stack without a cycle: a warning is added (%s)', (_, use) => {
    const app = new App();
    const stack = new Stack(app, 'Test', { env });
    const table = makeTable(stack, new kms.Key(stack, 'Key', { policy: administrator() }));
    const catalog = catalogIn(stack, { table });
    const other = new Stack(app, 'Other', { env });
    use(catalog, other);
    app.synth();
    expect(other.dependencies).toEqual([stack]);
    expect(stack.dependencies).toEqual([]);
    Annotations.fromStack(stack).hasWarning('/Test/Catalog', Match.stringLikeRegexp('^table: this stack can\'t change the policy of the KMS key'));
  });

  test('is not known for an imported key: the grant is made, and a warning explains the required policy', () => {
    const { stack, template } = upload((scope) => kms.Key.fromKeyArn(scope, 'Key', KEY_ARN));
    expect(permissionsOf(template, 'upload/manage-uploads')).toEqual(expect.arrayContaining(usesOf(KEY_ARN)));
    Annotations.fromStack(stack).hasWarning('/Test/Upload', Match.stringLikeRegexp('^bucket: this stack can\'t change the policy of the KMS key'));
  });
});

test('a grant for an alias is made for its key', () => {
  const { template } = upload((scope) => new kms.Alias(scope, 'Alias', { aliasName: 'sources', targetKey: new kms.Key(scope, 'Key') }));
  expect(permissionsOf(template, 'upload/manage-uploads')).toEqual(expect.arrayContaining(usesOf('Key.Arn')));
});

test('an alias that was imported by name is rejected because its key is not known', () => {
  expect(() => upload((scope) => kms.Alias.fromAliasName(scope, 'Alias', 'alias/sources'))).toThrow(/^Test\/Upload: bucket: expected a KMS key, got an alias .* kms\.Key\.fromKeyArn/);
});

test('a key in another region than the bucket or table is rejected', () => {
  const elsewhere = (scope: Stack) => kms.Key.fromKeyArn(scope, 'Key', KEY_ARN.replace('us-east-1', 'eu-west-1'));
  expect(() => upload(elsewhere)).toThrow('Test/Upload: bucket: expected a KMS key in the region us-east-1 of the resource, got a KMS key in the region eu-west-1');
  const stack = testStack({ env });
  expect(() => catalogIn(stack, { table: makeTable(stack, elsewhere(stack)) })).toThrow('Test/Catalog: table: expected a KMS key in the region');
});

test('a warning explains the policy that CloudFront requires for an imported key of the media bucket', () => {
  const stack = testStack({ env });
  const bucket = new s3.Bucket(stack, 'Media', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
  deliveryIn(stack, { bucket });
  Annotations.fromStack(stack).hasWarning('/Test/Delivery', Match.stringLikeRegexp('^bucket: this stack can\'t change the policy of the KMS key.*cloudfront.amazonaws.com to call kms:Decrypt, with the condition that AWS:SourceArn'));
});

test('the policy of a media key in another stack allows CloudFront without a cycle between the stacks', () => {
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

describe('a key that an aspect or the app sets on a resource without a prop for keys', () => {
  type Give = (secret: secretsmanager.CfnSecret, key: string) => void;
  const byProperty: Give = (secret, key) => { secret.kmsKeyId = key; };

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
  ])('is granted to the handlers that use the secret, through Secrets Manager only (%s)', (_, keyOf, give) => {
    const template = Template.fromStack(secrets((stack) => keyOf(new kms.Key(stack, 'Key')), give));
    const keysOf = (handler: HandlerName) => permissionsOf(template, handler).filter((permission) => permission.startsWith('kms:'));
    expect(keysOf('delivery/make-key-pair')).toEqual(usedVia('Decrypt', 'GenerateDataKey'));
    expect(keysOf('delivery/start-playback')).toEqual(usedVia('Decrypt'));
    expect(keysOf('auth/fill-client-secret')).toEqual(usedVia('Decrypt', 'GenerateDataKey'));
    expect(keysOf('auth/sign-in')).toEqual(usedVia('Decrypt'));
    expect(keysOf('catalog/read-videos')).toEqual(usedVia('Decrypt'));
    expect(keysOf('upload/manage-uploads')).toEqual([]);
  });

  test('is granted if it was imported, with a warning that its policy is not known', () => {
    const stack = secrets((scope) => kms.Key.fromKeyArn(scope, 'Key', KEY_ARN).keyArn);
    expect(permissionsOf(Template.fromStack(stack), 'auth/sign-in')).toContain(`kms:Decrypt on ${KEY_ARN} if ${JSON.stringify(via('secretsmanager'))}`);
    Annotations.fromStack(stack).hasWarning('/Test/Vod/Auth/ClientSecret', Match.stringLikeRegexp('^kmsKeyId: this stack can\'t change the policy of the KMS key'));
  });

  test.each<[string, string | ((stack: Stack) => string), RegExp]>([
    ['an ARN as string', KEY_ARN, /\[Test\/Vod\/Auth\/ClientSecret\] kmsKeyId: expected the keyArn of a kms\.Key of this app.*got "arn:aws:kms:/],
    ['an alias by name', (stack) => kms.Alias.fromAliasName(stack, 'Alias', 'alias/mine').keyArn, /\[Test\/Vod\/Delivery\/Keys\/Secret1\] kmsKeyId: expected the keyArn of a kms\.Key/],
    ['a key of another region', (stack) => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace('us-east-1', 'eu-west-1')).keyArn, /ClientSecret\] kmsKeyId: expected a KMS key in the region/],
  ])('is rejected on a secret if access to it cannot be granted: %s', (_, key, message) => {
    expect(() => templateOf(secrets((stack) => (typeof key === 'string' ? key : key(stack))))).toThrow(message);
  });

  test('is rejected on a secret if an aspect sets it after the grants', () => {
    const stack = testStack({ env });
    deliveryIn(stack);
    const { keyArn } = new kms.Key(stack, 'Key');
    const visit = (node: IConstruct) => { if (node instanceof secretsmanager.CfnSecret) node.kmsKeyId = keyArn; };
    Aspects.of(stack).add({ visit }, { priority: AspectPriority.READONLY + 1 });
    expect(() => templateOf(stack)).toThrow('[Test/Delivery/Keys/Secret1] kmsKeyId: expected a key that is set before the library grants access to the key');
  });

  test('is rejected on functions, on the bus and on queues', () => {
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
    expect(refused.filter((each) => !message.includes(`[Test/${each}: expected none, got "${KEY_ARN}". `))).toEqual([]);
  });
});
