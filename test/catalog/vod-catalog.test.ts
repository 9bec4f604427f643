import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import { connectionsOf } from '../../src/catalog/catalog-connections';
import type { VodCatalogProps } from '../../src/catalog/vod-catalog';
import { Access } from '../../src/roles/vod-roles';
import { environmentOf } from '../toolkit/functions';
import { IF_DERIVED, permissionsOf, permissionsOfRole } from '../toolkit/permissions';
import { catalogIn, SERVICE_URL, testStack } from '../toolkit/stacks';

function synth(options: (stack: Stack) => Partial<VodCatalogProps> = () => ({})) {
  const stack = testStack();
  const catalog = catalogIn(stack, options(stack));
  return { stack, catalog, template: Template.fromStack(stack) };
}

function withRole() {
  const stack = testStack();
  const role = new iam.Role(stack, 'Other', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  return { stack, role, catalog: catalogIn(stack) };
}

const table = 'CatalogTable.Arn';
const index = (name: string) => `${table}/index/${name}`;

describe('VodCatalog', () => {
  const { template } = synth();

  test('retains its table after the first deployment, with point-in-time recovery', () => {
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        Replicas: [{ Region: { Ref: 'AWS::Region' }, DeletionProtectionEnabled: false, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        TableName: Match.absent(),
      },
    });
  });

  test('has all keys and indexes of version 1', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      GlobalSecondaryIndexes: [
        ['byOwner', 'owner', 'videoId', 'KEYS_ONLY'], ['byOwnerStage', 'owner', 'stageKey', 'KEYS_ONLY'], ['byPublication', 'listedFor', 'listedAt', 'KEYS_ONLY'],
        ['byDue', 'dueShard', 'dueAt', 'KEYS_ONLY'], ['spare', 'spareKey', 'spareSort', 'ALL'],
      ].map(([IndexName, partition, sort, ProjectionType]) => ({
        IndexName,
        KeySchema: [{ AttributeName: partition, KeyType: 'HASH' }, { AttributeName: sort, KeyType: 'RANGE' }],
        Projection: { ProjectionType },
      })),
    });
  });

  test('protects its table from deletion with deletionProtection', () => {
    synth(() => ({ deletionProtection: true })).template.hasResourceProperties('AWS::DynamoDB::GlobalTable', { Replicas: [Match.objectLike({ DeletionProtectionEnabled: true })] });
  });

  test('can be deleted with its data if removalPolicy is DESTROY', () => {
    synth(() => ({ removalPolicy: RemovalPolicy.DESTROY })).template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Delete', Properties: { Replicas: [Match.objectLike({ DeletionProtectionEnabled: false })] },
    });
  });

  test('allows the readVideosFunction only to read the table', () => {
    expect(permissionsOf(template, 'catalog/read-videos')).toEqual([
      `dynamodb:BatchGetItem on ${table}`,
      `dynamodb:GetItem on ${table}`,
      `dynamodb:Query on ${table}`,
      `dynamodb:Query on ${index('byOwner')}`,
      `dynamodb:Query on ${index('byOwnerStage')}`,
      `dynamodb:Query on ${index('byPublication')}`,
    ]);
  });

  test.each([
    ['read', [`dynamodb:GetItem on ${table}`]],
    ['upload', [`dynamodb:GetItem on ${table}`, `dynamodb:PutItem on ${table}`, `dynamodb:UpdateItem on ${table}`, `dynamodb:DeleteItem on ${table}${IF_DERIVED}`]],
    ['ingest', [`dynamodb:GetItem on ${table}`, `dynamodb:PutItem on ${table}`, `dynamodb:UpdateItem on ${table}`]],
    ['edit', [`dynamodb:GetItem on ${table}`, `dynamodb:PutItem on ${table}${IF_DERIVED}`, `dynamodb:UpdateItem on ${table}`, `dynamodb:DeleteItem on ${table}${IF_DERIVED}`]],
    ['publish', [`dynamodb:GetItem on ${table}`, `dynamodb:PutItem on ${table}${IF_DERIVED}`, `dynamodb:UpdateItem on ${table}`]],
    ['update', [`dynamodb:GetItem on ${table}`, `dynamodb:UpdateItem on ${table}`]],
    ['list', [`dynamodb:GetItem on ${table}`, `dynamodb:Query on ${table}`, `dynamodb:Query on ${index('byOwner')}`, `dynamodb:Query on ${index('byOwnerStage')}`, `dynamodb:Query on ${index('byPublication')}`, `dynamodb:BatchGetItem on ${table}`]],
  ] as const)('the connection %s grants only the necessary actions', (name, permissions) => {
    const { stack, role, catalog } = withRole();
    connectionsOf(catalog)[name].grant!(role);
    expect(permissionsOfRole(Template.fromStack(stack), role)).toEqual([...permissions].sort());
  });

  test('grantReadVideos grants permission only to read a video by its id', () => {
    const { stack, role, catalog } = withRole();
    catalog.grantReadVideos(role).assertSuccess();
    expect(permissionsOfRole(Template.fromStack(stack), role)).toEqual([`dynamodb:GetItem on ${table}`]);
  });

  test('passes the groups of the roles to the readVideosFunction', () => {
    const roles = (made: Template) => JSON.parse(environmentOf(made, 'catalog/read-videos').ROLES);
    expect(roles(template)).toEqual({});
    expect(roles(synth(() => ({ roles: { viewers: Access.group('watchers'), admins: Access.group('bosses') } })).template)).toEqual({ viewers: ['watchers'], admins: ['bosses'] });
    expect(() => synth(() => ({ roles: { viewers: Access.group('') } }))).toThrow(/^Test\/Catalog: roles\.viewers: expected/);
  });

  test('accepts an existing table', () => {
    const tableArn = 'arn:aws:dynamodb:eu-central-1:111122223333:table/mine';
    const own = (stack: Stack) => dynamodb.Table.fromTableAttributes(stack, 'Own', { tableArn, tableStreamArn: `${tableArn}/stream/2026-11-29T00:00:00.000` });
    const { stack, catalog, template: mine } = synth((scope) => ({ table: own(scope), removalPolicy: RemovalPolicy.DESTROY }));
    expect(catalog.table).toBe(stack.node.findChild('Own'));
    mine.resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    expect(permissionsOf(mine, 'catalog/read-videos')).toContain('dynamodb:Query on arn:aws:dynamodb:eu-central-1:111122223333:table/mine/index/byOwner');
    expect(environmentOf(mine, 'catalog/read-videos')).toMatchObject({ TABLE_NAME: 'mine', SERVICE_URL });
  });
});
