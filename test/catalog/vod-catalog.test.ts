import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import { VodCatalog, VodCatalogProps } from '../../src/catalog/vod-catalog';
import { Access } from '../../src/roles/vod-roles';

const origin = 'https://videos.example.com';

function synth(options: Partial<VodCatalogProps> = {}, more: (catalog: VodCatalog, stack: Stack) => void = () => {}) {
  const stack = new Stack(new App(), 'Test');
  const catalog = new VodCatalog(stack, 'Catalog', { origin, ...options });
  more(catalog, stack);
  return { stack, catalog, template: Template.fromStack(stack) };
}

/** What the policies of the role allow, as `action on resource`. */
function allowed(template: Template, role: RegExp): string[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) => role.test(Properties.Roles[0].Ref));
  return policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement).flatMap(({ Effect, Action, Resource }) => {
    expect(Effect).toBe('Allow');
    return [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} on ${JSON.stringify(resource)}`));
  }).filter((permission) => !permission.startsWith('logs:'));
}

const table = JSON.stringify({ 'Fn::GetAtt': ['CatalogTableBBEA0CBC', 'Arn'] });
const index = (name: string) => JSON.stringify({ 'Fn::Join': ['', [{ 'Fn::GetAtt': ['CatalogTableBBEA0CBC', 'Arn'] }, `/index/${name}`]] });

describe('VodCatalog', () => {
  const { template } = synth();

  test('keeps its table: retained once it has been deployed, recoverable to any point in time', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: false,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TableName: Match.absent(),
      },
    });
  });

  test('has the keys and indexes that the repository reads, of keys only', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byOwner',
          KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }, { AttributeName: 'videoId', KeyType: 'RANGE' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
        {
          IndexName: 'byPublication',
          KeySchema: [{ AttributeName: 'listedMonth', KeyType: 'HASH' }, { AttributeName: 'listedAt', KeyType: 'RANGE' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    });
  });

  test('protects its table from deletion when asked to', () => {
    synth({ deletionProtection: true }).template.hasResourceProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true });
  });

  test('can be thrown away when asked to', () => {
    synth({ removalPolicy: RemovalPolicy.DESTROY }).template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Delete', Properties: { DeletionProtectionEnabled: false },
    });
  });

  test('lets the reader read and do nothing else', () => {
    expect(allowed(template, /ReadVideosRole/).sort()).toEqual([
      `dynamodb:BatchGetItem on ${table}`,
      `dynamodb:GetItem on ${table}`,
      `dynamodb:Query on ${index('byOwner')}`,
      `dynamodb:Query on ${index('byPublication')}`,
    ]);
  });

  test.each([
    ['grantReadVideos', [`dynamodb:GetItem on ${table}`]],
    ['grantCreateVideos', [`dynamodb:PutItem on ${table}`]],
    ['grantUpdateVideos', [`dynamodb:GetItem on ${table}`, `dynamodb:UpdateItem on ${table}`]],
    ['grantListVideos', [`dynamodb:Query on ${index('byOwner')}`, `dynamodb:Query on ${index('byPublication')}`, `dynamodb:BatchGetItem on ${table}`]],
  ] as const)('%s names exactly what it needs', (grant, permissions) => {
    const granted = synth({}, (catalog, stack) => {
      const role = new iam.Role(stack, 'Other', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
      catalog[grant](role).assertSuccess();
    });
    expect(allowed(granted.template, /^Other/).sort()).toEqual([...permissions].sort());
  });

  test('tells the reader who has which role', () => {
    const roles = (made: Template) => JSON.parse(Object.values(made.findResources('AWS::Lambda::Function'))[0].Properties.Environment.Variables.ROLES);
    expect(roles(template)).toEqual({});
    expect(roles(synth({ roles: { viewers: Access.group('watchers'), admins: 'bosses' } }).template)).toEqual({ viewers: 'watchers', admins: 'bosses' });
    expect(() => synth({ roles: { viewers: Access.group('') } })).toThrow(/^Test\/Catalog: roles\.viewers: expected/);
  });

  test('takes a table of one\'s own', () => {
    const stack = new Stack(new App(), 'Test');
    const own = dynamodb.Table.fromTableArn(stack, 'Own', 'arn:aws:dynamodb:eu-central-1:111122223333:table/mine');
    const catalog = new VodCatalog(stack, 'Catalog', { origin, table: own, removalPolicy: RemovalPolicy.DESTROY });
    const mine = Template.fromStack(stack);
    expect(catalog.table).toBe(own);
    mine.resourceCountIs('AWS::DynamoDB::Table', 0);
    expect(allowed(mine, /ReadVideosRole/)).toContain('dynamodb:Query on "arn:aws:dynamodb:eu-central-1:111122223333:table/mine/index/byOwner"');
    mine.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { TABLE_NAME: 'mine', ORIGIN: origin } } });
  });
});
