import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import { connectionsOf } from '../../src/catalog/catalog-connections';
import type { VodCatalogProps } from '../../src/catalog/vod-catalog';
import { Access } from '../../src/roles/vod-roles';
import { environmentOf } from '../toolkit/functions';
import { permissionsOf, permissionsOfRole } from '../toolkit/permissions';
import { catalogIn, ORIGIN, testStack } from '../toolkit/stacks';

function synth(options: (stack: Stack) => Partial<VodCatalogProps> = () => ({})) {
  const stack = testStack();
  const catalog = catalogIn(stack, options(stack));
  return { stack, catalog, template: Template.fromStack(stack) };
}

/** A catalog, and a role that may do nothing. */
function withRole() {
  const stack = testStack();
  const role = new iam.Role(stack, 'Other', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  return { stack, role, catalog: catalogIn(stack) };
}

const table = 'CatalogTable.Arn';
const index = (name: string) => `${table}/index/${name}`;

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
    synth(() => ({ deletionProtection: true })).template.hasResourceProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true });
  });

  test('can be thrown away when asked to', () => {
    synth(() => ({ removalPolicy: RemovalPolicy.DESTROY })).template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Delete', Properties: { DeletionProtectionEnabled: false },
    });
  });

  test('lets the reader read and do nothing else', () => {
    expect(permissionsOf(template, 'catalog/read-videos')).toEqual([
      `dynamodb:BatchGetItem on ${table}`,
      `dynamodb:GetItem on ${table}`,
      `dynamodb:Query on ${index('byOwner')}`,
      `dynamodb:Query on ${index('byPublication')}`,
    ]);
  });

  test.each([
    ['read', [`dynamodb:GetItem on ${table}`]],
    ['create', [`dynamodb:PutItem on ${table}`]],
    ['update', [`dynamodb:GetItem on ${table}`, `dynamodb:UpdateItem on ${table}`]],
    ['list', [`dynamodb:GetItem on ${table}`, `dynamodb:Query on ${index('byOwner')}`, `dynamodb:Query on ${index('byPublication')}`, `dynamodb:BatchGetItem on ${table}`]],
  ] as const)('the connection %s grants exactly what it needs', (name, permissions) => {
    const { stack, role, catalog } = withRole();
    connectionsOf(catalog)[name].grant!(role);
    expect(permissionsOfRole(Template.fromStack(stack), role)).toEqual([...permissions].sort());
  });

  test('grantReadVideos allows one read by id', () => {
    const { stack, role, catalog } = withRole();
    catalog.grantReadVideos(role).assertSuccess();
    expect(permissionsOfRole(Template.fromStack(stack), role)).toEqual([`dynamodb:GetItem on ${table}`]);
  });

  test('tells the reader who has which role', () => {
    const roles = (made: Template) => JSON.parse(environmentOf(made, 'catalog/read-videos').ROLES);
    expect(roles(template)).toEqual({});
    expect(roles(synth(() => ({ roles: { viewers: Access.group('watchers'), admins: Access.group('bosses') } })).template)).toEqual({ viewers: ['watchers'], admins: ['bosses'] });
    expect(() => synth(() => ({ roles: { viewers: Access.group('') } }))).toThrow(/^Test\/Catalog: roles\.viewers: expected/);
  });

  test('takes a table of one\'s own', () => {
    const own = (stack: Stack) => dynamodb.Table.fromTableArn(stack, 'Own', 'arn:aws:dynamodb:eu-central-1:111122223333:table/mine');
    const { stack, catalog, template: mine } = synth((scope) => ({ table: own(scope), removalPolicy: RemovalPolicy.DESTROY }));
    expect(catalog.table).toBe(stack.node.findChild('Own'));
    mine.resourceCountIs('AWS::DynamoDB::Table', 0);
    expect(permissionsOf(mine, 'catalog/read-videos')).toContain('dynamodb:Query on arn:aws:dynamodb:eu-central-1:111122223333:table/mine/index/byOwner');
    expect(environmentOf(mine, 'catalog/read-videos')).toMatchObject({ TABLE_NAME: 'mine', ORIGIN });
  });
});
