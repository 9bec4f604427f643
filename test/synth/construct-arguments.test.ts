import { App, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { Access, Identity, ServerlessVod, VodApi, VodAuth, VodCatalog, VodDelivery, VodTranscode, VodUpload } from '../../src';
import { authIn, catalogIn, deliveryIn, SERVICE_URL, testStack, uploadIn } from '../toolkit/stacks';

const CONSTRUCTS: [string, (scope: any, props: any) => unknown][] = [
  ...[ServerlessVod, VodApi, VodAuth, VodCatalog, VodDelivery, VodTranscode, VodUpload]
    .map((Made: new (scope: any, id: string, props: any) => unknown): [string, (scope: any, props: any) => unknown] => [Made.name, (scope, props) => new Made(scope, 'It', props)]),
  ['VodCatalog.fromTable', (scope, attributes) => VodCatalog.fromTable(scope, 'It', attributes)],
];

describe.each(CONSTRUCTS)('%s', (name, make) => {
  test.each([[null], [[]], ['x'], [7]])('rejects %j as props', (props) => {
    const parameter = name === 'VodCatalog.fromTable' ? 'attributes' : 'props';
    expect(() => make(testStack(), props)).toThrow(`Test/It: ${parameter}: expected an object of properties, got ${props === null ? 'none' : JSON.stringify(props)}`);
  });

  test.each<[unknown, string]>([
    [undefined, 'none'], [null, 'none'], ['Test', '"Test"'], [{}, '{}'], [new App(), 'an object of class App'], [new Construct(new App(), 'NoStack'), 'an object of class Construct'],
  ])('rejects a scope that is not in a stack (case %#)', (scope, shown) => {
    expect(() => make(scope, {})).toThrow(`It: scope: expected a Stack, or a construct in a Stack, got ${shown}`);
  });
});

test.each([[VodAuth], [VodCatalog], [VodDelivery], [VodTranscode], [VodUpload]])('%p rejects missing props', (Made: new (...args: any[]) => unknown) => {
  expect(() => new Made(testStack(), 'It')).toThrow('Test/It: props: expected an object of properties, got none');
});

describe.each<[string, (stack: Stack) => { addRoutes(api: VodApi): void }]>([
  ['VodAuth.guard', (stack) => { const auth = authIn(stack); return { addRoutes: (api) => auth.guard(api) }; }],
  ['VodAuth', authIn], ['VodCatalog', catalogIn], ['VodDelivery', deliveryIn], ['VodUpload', uploadIn],
])('the API that is passed to %s', (_, areaIn) => {
  test.each<[string, (stack: Stack) => unknown, string]>([
    ['null', () => null, 'api: expected a VodApi, got none'],
    ['a string', () => 'api', 'api: expected a VodApi, got "api"'],
    ['a REST API of CDK', (stack) => new apigateway.RestApi(stack, 'Own'), 'api: expected a VodApi, got a REST API of CDK. Create a VodApi, and add your own routes to its restApi'],
  ])('must not be %s', (__, apiOf, message) => {
    const stack = testStack();
    const area = areaIn(stack);
    expect(() => area.addRoutes(apiOf(stack) as VodApi)).toThrow(message);
  });
});

test.each([[undefined], ['x'], [{}]])('grantReadVideos rejects %j as a grantee', (grantee) => {
  expect(() => catalogIn(testStack()).grantReadVideos(grantee as any)).toThrow('Test/Catalog: grantee: expected a principal to grant access to, such as a lambda.Function or an iam.Role, got');
});

describe('objects of another installed copy of the library', () => {
  /**
   * Returns an object with the members of `catalog`. The class of the object is a different class with the name `VodCatalog`, as in a second copy of the
   * library.
   */
  const copyOf = (catalog: object, change: Record<string, unknown> = {}, ...missing: string[]) => {
    const Copy = { VodCatalog: class {} }.VodCatalog;
    const names = ['node', 'roles', 'url', 'table', 'grantReadVideos'].filter((name) => !missing.includes(name));
    return Object.assign(new Copy(), Object.fromEntries(names.map((name) => [name, catalog[name as keyof typeof catalog]])), change) as any;
  };
  const upload = (change?: Record<string, unknown>, ...missing: string[]) => () => {
    const stack = testStack();
    return new VodUpload(stack, 'Upload', { catalog: copyOf(catalogIn(stack, { roles: { uploaders: Access.group('editors') } }), change, ...missing) });
  };

  test('are accepted if they have the required members', () => expect(upload()).not.toThrow());

  test('rejects a catalog of another version, and names the missing members and the npm command to run', () => {
    expect(upload({ origin: SERVICE_URL }, 'url', 'roles')).toThrow(
      'Test/Upload: catalog: expected a VodCatalog, got an object of class VodCatalog without roles, url. The object may come from another version of serverless-vod. List all installed versions with \'npm ls serverless-vod\'');
  });

  test('rejects a role, an API and an identity of another version', () => {
    class Other { readonly members = []; }
    const other = 'got an object of class Other without';
    expect(upload({ roles: { viewers: new Other() } })).toThrow(`catalog.roles.viewers: expected Access.group('editors') or another Access, ${other} groups. The object may come from another version`);
    const stack = testStack();
    expect(() => new VodDelivery(stack, 'Delivery', { catalog: catalogIn(stack), api: new Other() as any })).toThrow(`api: expected a VodApi, ${other} originDomainName. The object may come from another version`);
    expect(() => new VodAuth(stack, 'Auth', { url: SERVICE_URL, identity: Object.assign(new Other(), { _bind: Identity.userPool()._bind }) as any })).toThrow(`identity: expected an Identity, such as Identity.userPool(), ${other} _problems. The object may`);
  });
});

test('an error message can show a construct, which cannot be converted to JSON', () => {
  const stack = testStack();
  const table = dynamodb.Table.fromTableName(stack, 'Table', 'videos');
  expect(() => new VodUpload(stack, 'Upload', { catalog: { table } as any })).toThrow('Test/Upload: catalog: expected a VodCatalog, got [object Object] without node, roles, url, grantReadVideos');
  expect(() => new VodUpload(stack, 'Sources', { catalog: catalogIn(stack), bucket: { bucketArn: 'arn:aws:s3:::sources' } as any })).toThrow('bucket: expected a bucket, such as an s3.Bucket, got {"bucketArn":"arn:aws:s3:::sources"} without env, node');
});
