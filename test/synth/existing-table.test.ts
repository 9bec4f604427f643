import { App, Aspects, CfnParameter, CfnResource, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { VodCatalog, VodSweeper, VodTranscode } from '../../src';
import { INDEXES } from '../../src/contract/table';
import { makeTable } from '../templates/customer-keys-stack';
import { catalogIn, ENV as env, SERVICE_URL, templateOf, testStack } from '../toolkit/stacks';

const { STRING, NUMBER } = dynamodb.AttributeType;
const attribute = (name: string, type = STRING): dynamodb.Attribute => ({ name, type });
const STREAM = { stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES };
const PK_SK = { partitionKey: attribute('pk'), sortKey: attribute('sk') };
const STREAM_ARN = 'arn:aws:dynamodb:us-east-1:123456789012:table/videos/stream/2026-11-29T00:00:00.000';
const indexes = Object.values(INDEXES).map(({ name, partition, sort, projection }) => ({
  indexName: name, partitionKey: attribute(partition), sortKey: attribute(sort), projectionType: dynamodb.ProjectionType[projection],
}));

function catalog(makeOwn: (stack: Stack) => dynamodb.ITable) {
  const stack = testStack();
  const table = makeOwn(stack);
  catalogIn(stack, { table });
  return { stack, table };
}

describe('an existing table', () => {
  test.each<[string, (stack: Stack) => dynamodb.ITable]>([
    ['table', makeTable],
    ['global table', (stack) => new dynamodb.TableV2(stack, 'Videos', { ...PK_SK, dynamoStream: STREAM.stream, globalSecondaryIndexes: indexes })],
  ])('is accepted with all keys and indexes: a %s', (_, makeOwn) => {
    const { stack } = catalog(makeOwn);
    expect(() => templateOf(stack)).not.toThrow();
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('can get its indexes after the service was created', () => {
    const { stack, table } = catalog((scope) => new dynamodb.Table(scope, 'Videos', { ...PK_SK, ...STREAM }));
    for (const index of indexes) (table as dynamodb.Table).addGlobalSecondaryIndex(index);
    expect(() => templateOf(stack)).not.toThrow();
  });

  const [first, ...others] = indexes;
  test.each<[string, dynamodb.TableProps & { globalSecondaryIndexes?: typeof indexes }, string]>([
    ['another partition key', { ...PK_SK, partitionKey: attribute('id'), globalSecondaryIndexes: indexes }, 'table: expected a table with the string keys pk and sk'],
    ['no sort key', { partitionKey: attribute('pk'), globalSecondaryIndexes: indexes }, 'table: expected a table with the string keys pk and sk'],
    ['a number for a key', { ...PK_SK, sortKey: attribute('sk', NUMBER), globalSecondaryIndexes: indexes }, 'table: expected a table with the string keys pk and sk'],
    ['a stream of old images only', { ...PK_SK, stream: dynamodb.StreamViewType.OLD_IMAGE, globalSecondaryIndexes: indexes }, 'table: expected a stream of StreamViewType.NEW_AND_OLD_IMAGES, got OLD_IMAGE'],
    ['no indexes', PK_SK, `table: expected a global secondary index '${first.indexName}'`],
    ['a missing index', { ...PK_SK, globalSecondaryIndexes: others }, `table: expected a global secondary index '${first.indexName}' with the string keys ${first.partitionKey.name} and ${first.sortKey.name}, got none`],
    ['a spare index that projects keys only', { ...PK_SK, globalSecondaryIndexes: indexes.map((index) => ({ ...index, projectionType: dynamodb.ProjectionType.KEYS_ONLY })) }, '\'spare\' to project all attributes, got KEYS_ONLY'],
    ['an index with another sort key', { ...PK_SK, globalSecondaryIndexes: [{ ...first, sortKey: attribute('other') }, ...others] }, `'${first.indexName}' with the string keys ${first.partitionKey.name} and ${first.sortKey.name}, got different keys`],
  ])('is rejected at synth with %s', (_, { globalSecondaryIndexes = [], ...keys }, message) => {
    const { stack } = catalog((scope) => {
      const table = new dynamodb.Table(scope, 'Videos', { ...STREAM, ...keys });
      for (const index of globalSecondaryIndexes) table.addGlobalSecondaryIndex(index);
      return table;
    });
    expect(() => templateOf(stack)).toThrow(message);
  });

  test.each<[string, (stack: Stack) => dynamodb.ITable]>([
    ['created', (stack) => new dynamodb.Table(stack, 'Videos', PK_SK)], ['imported', (stack) => dynamodb.Table.fromTableName(stack, 'Videos', 'videos')],
  ])('is rejected if it was %s without a stream', (_, makeOwn) => {
    expect(() => catalog(makeOwn)).toThrow('Test/Catalog: table: expected a table with a stream, got a table without a stream. Set stream (dynamodb.Table) or dynamoStream (dynamodb.TableV2) to StreamViewType.NEW_AND_OLD_IMAGES');
  });

  test.each<[string, (stack: Stack) => dynamodb.ITable]>([
    ['whose class always has a stream ARN', (stack) => new dynamodb.TableV2(stack, 'Videos', { ...PK_SK, globalSecondaryIndexes: indexes })],
    ['whose stream an aspect removed', (stack) => {
      Aspects.of(stack).add({ visit: (node) => { if (node instanceof dynamodb.CfnTable) node.streamSpecification = undefined; } });
      return makeTable(stack);
    }],
  ])('is rejected at synth without a stream: a table %s', (_, makeOwn) => {
    const { stack } = catalog(makeOwn);
    expect(() => templateOf(stack)).toThrow('[Test/Catalog] table: expected a table with a stream');
  });

  test.each([
    ['an empty string', '', 'the LatestStreamArn of the table, such as'],
    ['the ARN of a table', 'arn:aws:dynamodb:us-east-1:123456789012:table/videos', 'the LatestStreamArn of the table, such as'],
    ['a Kinesis stream', 'arn:aws:kinesis:us-east-1:123456789012:stream/videos', 'the LatestStreamArn of the table, such as'],
    ['a stream in another region', STREAM_ARN.replace('us-east-1', 'eu-central-1'), 'a stream in the stack\'s region us-east-1, got a stream in the region eu-central-1'],
    ['a stream of another account', STREAM_ARN.replace('123456789012', '999999999999'), 'a stream of the stack\'s account 123456789012, got a stream of the account 999999999999'],
    ['a stream of another table', STREAM_ARN.replace('/videos/', '/others/'), 'a stream of the table videos, got a stream of the table others'],
  ])('is rejected if it was imported with a wrong stream ARN: %s', (_, tableStreamArn, message) => {
    const stack = testStack({ env });
    const table = dynamodb.Table.fromTableAttributes(stack, 'Videos', { tableName: 'videos', tableStreamArn });
    expect(() => catalogIn(stack, { table })).toThrow(`Test/Catalog: table.tableStreamArn: expected ${message}`);
  });

  test('can be imported with a stream ARN that is known at deploy time only', () => {
    const stack = testStack({ env });
    const table = dynamodb.Table.fromTableAttributes(stack, 'Videos', { tableName: 'videos', tableStreamArn: new CfnParameter(stack, 'Stream').valueAsString });
    expect(() => catalogIn(stack, { table })).not.toThrow();
  });

  test.each([
    ['eu-central-1:123456789012', 'Test/Catalog: table: expected a table in the stack\'s region us-east-1, got a table in the region eu-central-1'],
    ['us-east-1:999999999999', 'Test/Catalog: table: expected a table of the stack\'s account 123456789012, got a table of the account 999999999999'],
  ])('is rejected in another region or account: %s', (place, message) => {
    const stack = testStack({ env });
    const table = dynamodb.Table.fromTableArn(stack, 'Videos', `arn:aws:dynamodb:${place}:table/videos`);
    expect(() => catalogIn(stack, { table })).toThrow(message);
  });

  test('cannot be checked if it was imported: a warning lists the requirements', () => {
    const { stack } = catalog((scope) => dynamodb.Table.fromTableAttributes(scope, 'Videos', { tableName: 'videos', tableStreamArn: STREAM_ARN }));
    Annotations.fromStack(stack).hasWarning('/Test/Catalog', Match.stringLikeRegexp(`^table: an imported table .*pk and sk.*NEW_AND_OLD_IMAGES.*${first.indexName} \\(${first.partitionKey.name} and ${first.sortKey.name}; KEYS_ONLY\\).*serverless-vod:importedTable`));
  });
});

test.each<[string, (stack: Stack) => dynamodb.ITable | undefined]>([
  ['a table of the library', () => undefined], ['an existing table', makeTable],
])('a KMS key that an aspect sets on a table is rejected: %s', (_, makeOwn) => {
  const stack = testStack();
  catalogIn(stack, { table: makeOwn(stack) });
  const sse = { sseEnabled: true, sseType: 'KMS', kmsMasterKeyId: 'alias/videos' };
  Aspects.of(stack.node.root).add({
    visit: (node) => {
      if (node instanceof dynamodb.CfnTable) node.sseSpecification = sse;
      if (node instanceof dynamodb.CfnGlobalTable) node.replicas = [{ region: stack.region, sseSpecification: sse }];
    },
  });
  expect(() => templateOf(stack)).toThrow('[Test/Catalog] table: expected a table whose KMS key is known to CDK, got the key "alias/videos"');
});

test('a KMS key that an override sets on a table is rejected', () => {
  const stack = testStack();
  const { table } = catalogIn(stack);
  (table.node.defaultChild as CfnResource).addPropertyOverride('Replicas.0.SSESpecification', { KMSMasterKeyId: 'alias/videos' });
  expect(() => templateOf(stack)).toThrow('[Test/Catalog] table: expected a table whose KMS key is known to CDK, got the key "alias/videos"');
});

describe('a table that two catalogs, sweepers or transcoders of the app use is rejected', () => {
  const own = makeTable;
  const named = (stack: Stack) => new dynamodb.TableV2(stack, 'Videos', { ...PK_SK, dynamoStream: STREAM.stream, tableName: 'videos', globalSecondaryIndexes: indexes });
  const imported = (stack: Stack) => dynamodb.Table.fromTableAttributes(stack, 'Imported', { tableName: 'videos', tableStreamArn: STREAM_ARN });
  const both = (make: (one: Stack, two: Stack) => [dynamodb.ITable, dynamodb.ITable], stacks = (app: App) => ['One', 'Two'].map((id) => new Stack(app, id, { env }))) => {
    const app = new App();
    const [one, two] = stacks(app);
    const [first, second] = make(one, two);
    catalogIn(one, { table: first });
    catalogIn(two, { table: second });
    return () => app.synth();
  };

  test.each<[string, (one: Stack, two: Stack) => [dynamodb.ITable, dynamodb.ITable]]>([
    ['the same construct', (one) => { const table = own(one); return [table, table]; }],
    ['imported twice', (one, two) => [imported(one), imported(two)]],
    ['created, and imported by name', (one, two) => [named(one), imported(two)]],
    ['created, and imported by reference', (one, two) => {
      const table = own(one);
      return [table, dynamodb.Table.fromTableAttributes(two, 'Imported', { tableName: table.tableName, tableStreamArn: STREAM_ARN })];
    }],
  ])('%s', (_, make) => {
    const message = (prop: string, other: string) => new RegExp(`\\[${prop}\\] table: expected a table that only this service uses, got a resource that ${other} also uses. With a shared table, each service would publish events for the videos of both services`);
    const synth = both(make);
    expect(synth).toThrow(message('One/Catalog', 'Two/Catalog'));
    expect(synth).toThrow(message('Two/Catalog', 'One/Catalog'));
  });

  test('the table that another catalog created', () => {
    const stack = testStack();
    const { table } = catalogIn(stack);
    new VodCatalog(stack, 'Other', { url: SERVICE_URL, table });
    expect(() => templateOf(stack)).toThrow('[Test/Other] table: expected a table that only this service uses, got a resource that Test/Catalog also uses');
  });

  test('accepts equal logical ids in two stacks, equal names in two regions, and equal names in stages without a region', () => {
    expect(both((one, two) => [own(one), own(two)])).not.toThrow();
    const inRegions = (app: App) => ['us-east-1', 'eu-west-1'].map((region) => new Stack(app, region, { env: { ...env, region } }));
    const byName = (stack: Stack) => dynamodb.Table.fromTableAttributes(stack, 'Imported', {
      tableName: 'videos', tableStreamArn: stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: 'videos/stream/1' }),
    });
    expect(both((one, two) => [byName(one), byName(two)], inRegions)).not.toThrow();
    expect(both((one, two) => [byName(one), byName(two)], (app) => ['Blue', 'Green'].map((id) => new Stack(new Stage(app, id), 'Test')))).not.toThrow();
  });

  test('rejects two sweepers or transcoders of one catalog', () => {
    const stack = testStack();
    const imports = ['A', 'B'].map((id) => VodCatalog.fromTable(stack, id, { table: dynamodb.Table.fromTableName(stack, `Table${id}`, 'videos'), url: SERVICE_URL, roles: {} }));
    const bucket = (name: string) => s3.Bucket.fromBucketName(stack, name, name);
    for (const [index, catalogOf] of imports.entries()) {
      new VodSweeper(stack, `Sweeper${index}`, { catalog: catalogOf });
      new VodTranscode(stack, `Transcode${index}`, { catalog: catalogOf, sourceBucket: bucket(`sources${index}`), mediaBucket: bucket(`media${index}`) });
    }
    const synth = () => templateOf(stack);
    expect(synth).toThrow('[Test/Sweeper0] catalog.table: expected a table that only this service uses, got a resource that Test/Sweeper1 also uses. With a shared table, each service would sweep the videos of both services');
    expect(synth).toThrow('[Test/Transcode1] catalog.table: expected a table that only this service uses, got a resource that Test/Transcode0 also uses. With a shared table, each service would submit jobs for the videos of both services');
  });
});
