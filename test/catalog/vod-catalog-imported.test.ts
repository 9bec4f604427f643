import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Access, IVodCatalog, VodCatalog, VodCatalogAttributes } from '../../src';
import { makeTable } from '../templates/customer-keys-stack';
import { environmentOf, functionOf } from '../toolkit/functions';
import { IF_DERIVED, permissionsOf, rolePolicies } from '../toolkit/permissions';
import { catalogIn, deliveryIn, ENV as env, SERVICE_URL, templateOf, testStack, transcodeIn, uploadIn, vodIn } from '../toolkit/stacks';

const TABLE_ARN = 'arn:aws:dynamodb:us-east-1:123456789012:table/videos';
const KEY_ARN = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const viaDynamoDb = JSON.stringify({ StringEquals: { 'kms:ViaService': 'dynamodb.us-east-1.amazonaws.com' } });
const decrypt = (key: string) => `kms:Decrypt on ${key} if ${viaDynamoDb}`;

function areasWith(stack: Stack, catalog: IVodCatalog) {
  const [upload, delivery] = [uploadIn(stack, { catalog }), deliveryIn(stack, { catalog })];
  transcodeIn(stack, { catalog, sourceBucket: upload.bucket, mediaBucket: delivery.bucket });
}

function imported(importTable: (stack: Stack) => dynamodb.ITable, attributes: Partial<VodCatalogAttributes> = {}) {
  const stack = testStack({ env });
  const catalog = VodCatalog.fromTable(stack, 'Imported', { table: importTable(stack), url: SERVICE_URL, roles: {}, ...attributes });
  areasWith(stack, catalog);
  return { stack, catalog, template: templateOf(stack) };
}

const HANDLERS = ['upload/manage-uploads', 'delivery/start-playback', 'transcode/submit-job', 'transcode/record-job-event'] as const;
const onTable = (permissions: string[]) => permissions.filter((permission) => /^(dynamodb|kms):/.test(permission));

describe('an imported catalog', () => {
  const roles = { uploaders: Access.group('editors'), viewers: Access.group('viewers'), admins: Access.group('bosses') };
  const { stack, template } = imported((scope) => dynamodb.Table.fromTableAttributes(scope, 'Table', {
    tableArn: TABLE_ARN, encryptionKey: kms.Key.fromKeyArn(scope, 'Key', KEY_ARN),
  }), { roles });

  test('passes its table and roles to each handler, and its URL to the handler of playback', () => {
    for (const handler of HANDLERS) expect(environmentOf(template, handler).TABLE_NAME).toBe('videos');
    for (const [handler, url] of [['upload/manage-uploads', undefined], ['delivery/start-playback', SERVICE_URL]] as const) {
      const { ROLES, SERVICE_URL: serviceUrl } = environmentOf(template, handler);
      expect([JSON.parse(ROLES), serviceUrl]).toEqual([{ uploaders: ['editors'], viewers: ['viewers'], admins: ['bosses'] }, url]);
    }
  });

  test('gives each handler only the necessary permissions for the table and its key', () => {
    const expected = {
      'upload/manage-uploads': ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
      'delivery/start-playback': ['GetItem'],
      'transcode/submit-job': ['GetItem', 'UpdateItem'],
      'transcode/record-job-event': ['GetItem', 'PutItem', 'UpdateItem'],
    };
    for (const handler of HANDLERS) {
      const actions = expected[handler].map((action) => `dynamodb:${action} on ${TABLE_ARN}`);
      const granted = onTable(permissionsOf(template, handler)).map((permission) => permission.replace(IF_DERIVED, ''));
      expect([handler, granted]).toEqual([handler, [...actions, decrypt(KEY_ARN)]]);
    }
  });

  test('creates no table, and warns about settings that cannot be checked', () => {
    expect(Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::DynamoDB::GlobalTable')).toEqual([]);
    Annotations.fromStack(stack).hasWarning('/Test/Imported', Match.stringLikeRegexp('^table: an imported table can\'t be checked'));
    Annotations.fromStack(stack).hasWarning('/Test/Imported', Match.stringLikeRegexp('^table: this stack can\'t change the policy of the KMS key'));
  });

  test('accepts a token as table name', () => {
    const { template: made } = imported((scope) => dynamodb.Table.fromTableName(scope, 'Table', new CfnParameter(scope, 'Name').valueAsString));
    expect(environmentOf(made, 'upload/manage-uploads').TABLE_NAME).toEqual({ Ref: 'Name' });
    expect(onTable(permissionsOf(made, 'upload/manage-uploads'))).toEqual(
      ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map((action) => expect.stringMatching(new RegExp(`^dynamodb:${action} on .*table/Name( if .*LeadingKeys.*)?$`))),
    );
  });

  test('grants a role permission to read videos', () => {
    const other = testStack({ env });
    const role = new iam.Role(other, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
    const table = dynamodb.Table.fromTableArn(other, 'Table', TABLE_ARN);
    VodCatalog.fromTable(other, 'Imported', { table, url: SERVICE_URL, roles: {} }).grantReadVideos(role).assertSuccess();
    expect(JSON.stringify(templateOf(other))).toContain(JSON.stringify({ Action: 'dynamodb:GetItem', Effect: 'Allow', Resource: TABLE_ARN }));
  });

  test('rejects a role without groups if the identity of the API restricts that role', () => {
    const guarded = testStack({ env });
    const vod = vodIn(guarded, { roles: { viewers: Access.group('viewers') } });
    const table = dynamodb.Table.fromTableArn(guarded, 'Table', TABLE_ARN);
    const delivery = deliveryIn(guarded, { catalog: VodCatalog.fromTable(guarded, 'Imported', { table, url: SERVICE_URL, roles: {} }) });
    expect(() => delivery.addRoutes(vod.api)).toThrow(/roles\.viewers: expected a value, got none\. The VodAuth of the API restricts this role/);
  });

  test.each<[string, any]>([
    ['url', { url: 'https://videos.example.com/' }],
    ['roles', { roles: undefined }],
    ['roles.admins', { roles: { admins: Access.signedIn() } }],
    ['table', { table: undefined }],
  ])('checks %s', (prop, attributes) => {
    expect(() => imported((scope) => dynamodb.Table.fromTableArn(scope, 'Table', TABLE_ARN), attributes)).toThrow(new RegExp(`^Test/Imported: ${prop}: expected`));
  });

  test('is rejected in another region', () => {
    expect(() => imported((scope) => dynamodb.Table.fromTableArn(scope, 'Table', TABLE_ARN.replace('us-east-1', 'eu-west-1'))))
      .toThrow('Test/Imported: table: expected a table in the stack\'s region us-east-1, got a table in the region eu-west-1');
  });
});

describe('the catalog of another stack of the app', () => {
  test.each<[string, ((stack: Stack) => kms.Key)?]>([
    ['DynamoDB\'s own', undefined],
    ['a customer managed KMS key', (stack) => new kms.Key(stack, 'Key')],
  ])('can be used by areas of another stack without a circular reference; the key is %s', (_, makeKey) => {
    const app = new App();
    const service = new Stack(app, 'Service', { env });
    const table = makeKey && makeTable(service, makeKey(service));
    const catalog = catalogIn(service, { table });
    const other = new Stack(app, 'Other', { env });
    areasWith(other, catalog);
    app.synth();
    expect([other.dependencies, service.dependencies]).toEqual([[service], []]);
    const template = templateOf(other);
    const granted = rolePolicies(template)[functionOf(template, 'upload/manage-uploads').role]
      .filter(({ Action }) => /^(dynamodb|kms):/.test(Action[0])).map(({ Action, Resource }) => `${Action} on ${JSON.stringify(Resource)}`);
    const ofService = (what: string) => expect.stringMatching(new RegExp(`^${what} on \\[{"Fn::ImportValue":"Service:ExportsOutputFnGetAtt\\w+Arn\\w+"}]$`));
    expect(granted).toEqual([ofService('dynamodb:GetItem,dynamodb:PutItem,dynamodb:UpdateItem'), ...makeKey ? [ofService('kms:Decrypt')] : [], ofService('dynamodb:DeleteItem')]);
    Annotations.fromStack(service).hasNoWarning('/Service/Catalog', Match.anyValue());
  });

  test('is rejected by every area if it is in another region', () => {
    const app = new App();
    const { catalog } = vodIn(new Stack(app, 'Service', { env }));
    const other = new Stack(app, 'Other', { env: { ...env, region: 'eu-west-1' } });
    const bucket = s3.Bucket.fromBucketName(other, 'Bucket', 'bucket');
    const message = 'catalog.table: expected a table in the stack\'s region eu-west-1, got a table in the region us-east-1';
    expect(() => uploadIn(other, { catalog })).toThrow(`Other/Upload: ${message}`);
    expect(() => deliveryIn(other, { catalog })).toThrow(`Other/Delivery: ${message}`);
    expect(() => transcodeIn(other, { catalog, sourceBucket: bucket, mediaBucket: bucket })).toThrow(`Other/Transcode: ${message}`);
  });
});

class OwnCatalog extends Construct implements IVodCatalog {
  readonly url = SERVICE_URL;
  readonly table: dynamodb.ITable;

  constructor(scope: Construct, id: string, readonly roles: IVodCatalog['roles']) {
    super(scope, id);
    this.table = dynamodb.Table.fromTableArn(this, 'Table', TABLE_ARN);
  }

  grantReadVideos(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.drop(grantee, 'not asked in this test');
  }
}

describe('a construct that implements an interface of the library', () => {
  test('can be used as a catalog, because the areas need only its public members', () => {
    const stack = testStack({ env });
    areasWith(stack, new OwnCatalog(stack, 'Own', { admins: Access.group('bosses') }));
    const template = templateOf(stack);
    expect(environmentOf(template, 'delivery/start-playback')).toMatchObject({ TABLE_NAME: 'videos', ROLES: '{"admins":["bosses"]}', SERVICE_URL });
    expect(onTable(permissionsOf(template, 'delivery/start-playback'))).toEqual([`dynamodb:GetItem on ${TABLE_ARN}`]);
  });

  test('is rejected as a catalog without roles, because missing roles would give access to all users', () => {
    const stack = testStack({ env });
    expect(() => areasWith(stack, new OwnCatalog(stack, 'Own', undefined as any))).toThrow('Test/Upload: catalog.roles: expected { uploaders, viewers, admins }, got none');
  });

  test('can be used as the API of a distribution', () => {
    class OwnApi extends Construct { readonly originDomainName = 'a1b2c3.execute-api.us-east-1.amazonaws.com'; }
    const stack = testStack({ env });
    deliveryIn(stack, { api: new OwnApi(stack, 'Own') });
    expect(JSON.stringify(templateOf(stack))).toContain('a1b2c3.execute-api.us-east-1.amazonaws.com');
  });
});
