import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SourceLifecycle, VodSweeper } from '../../src';
import { environmentOf, functionOf } from '../toolkit/functions';
import { IF_DERIVED, permissionsOf } from '../toolkit/permissions';
import { catalogIn, sweeperIn, templateOf, testStack, transcodeIn, uploadIn, vodIn } from '../toolkit/stacks';
import { readable } from '../toolkit/template';

const OF_CATALOG = [
  'dynamodb:DeleteItem on CatalogTable.Arn', 'dynamodb:GetItem on CatalogTable.Arn',
  `dynamodb:PutItem on CatalogTable.Arn${IF_DERIVED}`, 'dynamodb:Query on CatalogTable.Arn/index/byDue', 'dynamodb:UpdateItem on CatalogTable.Arn',
];

describe('VodSweeper', () => {
  const stack = testStack();
  const catalog = catalogIn(stack);
  const transcode = transcodeIn(stack, { catalog });
  const made = sweeperIn(stack, { catalog, transcode, upload: uploadIn(stack, { catalog }) });
  const template = templateOf(stack);

  test('allows the function only to change due videos, to read jobs, to request new jobs and to end uploads', () => {
    expect(permissionsOf(template, 'sweeper/sweep-videos')).toEqual([
      ...OF_CATALOG,
      'mediaconvert:GetJob on arn:AWS::Partition:mediaconvert:AWS::Region:AWS::AccountId:jobs/*',
      ...['AbortMultipartUpload', 'DeleteObject', 'GetObject', 'ListMultipartUploadParts'].map((action) => `s3:${action} on UploadBucket.Arn/source/*`),
      'sqs:SendMessage on SweeperDeadLetterQueue.Arn',
      'sqs:SendMessage on TranscodeSubmitQueue.Arn',
    ]);
    expect(Object.keys(environmentOf(template, 'sweeper/sweep-videos'))).toEqual(['TABLE_NAME', 'SUBMIT_QUEUE_URL', 'SOURCE_BUCKET', 'UPLOAD_EXPIRY']);
  });

  test('runs every 15 minutes for at most 10 minutes, reserves no concurrency, and has a dead-letter queue', () => {
    const { Timeout, ReservedConcurrentExecutions, DeadLetterConfig } = functionOf(template, 'sweeper/sweep-videos').properties;
    const queue = stack.resolve(made.deadLetterQueue.queueArn);
    expect([Timeout, ReservedConcurrentExecutions, DeadLetterConfig]).toEqual([600, undefined, { TargetArn: queue }]);
    const [rule] = Object.values(Template.fromStack(stack).findResources('AWS::Events::Rule', { Properties: { ScheduleExpression: 'rate(15 minutes)' } }));
    expect(rule.Properties).toMatchObject({
      State: 'ENABLED', Targets: [{ Arn: stack.resolve(made.sweepVideosFunction.functionArn), DeadLetterConfig: { Arn: queue } }],
    });
  });
});

test.each([
  ['delete', SourceLifecycle.deleteAfterReady(Duration.days(2)), []],
  ['archive', SourceLifecycle.archiveAfterReady(Duration.days(2)), ['s3:GetObjectTagging on UploadBucket.Arn/source/*', 's3:PutObjectTagging on UploadBucket.Arn/source/*']],
] as const)('passes the source lifecycle to the function, with only the permissions for the action %s', (action, sourceLifecycle, permissions) => {
  const stack = testStack();
  const catalog = catalogIn(stack);
  sweeperIn(stack, { catalog, upload: uploadIn(stack, { catalog, sourceLifecycle }) });
  const template = templateOf(stack);
  expect(environmentOf(template, 'sweeper/sweep-videos').SOURCE_LIFECYCLE).toBe(JSON.stringify({ action, afterSeconds: 172_800 }));
  expect(permissionsOf(template, 'sweeper/sweep-videos').filter((name) => name.includes('Tagging'))).toEqual(permissions);
  expect(permissionsOf(template, 'sweeper/sweep-videos')).toEqual(expect.arrayContaining(['DeleteObject', 'GetObject'].map((name) => `s3:${name} on UploadBucket.Arn/source/*`)));
});

const IN_INGEST = 'on UploadBucket.Arn/ingest/*';
const IN_EXPORTS = 'on arn:AWS::Partition:s3:::exports/out/*';
test.each<[string, SourceLifecycle, string[], string[][] | undefined]>([
  ['deletes', SourceLifecycle.deleteAfterReady(Duration.days(1)), ['DeleteObject', 'GetObject'].flatMap((name) => [`s3:${name} ${IN_INGEST}`, `s3:${name} ${IN_EXPORTS}`]).concat('s3:ListBucket on arn:AWS::Partition:s3:::exports'), [['VodUploadBucket', 'ingest/'], ['exports', 'out/']]],
  ['archives', SourceLifecycle.archiveAfterReady(Duration.days(1)), ['GetObject', 'GetObjectTagging', 'PutObjectTagging'].map((name) => `s3:${name} ${IN_INGEST}`), [['VodUploadBucket', 'ingest/']]],
  ['keeps', SourceLifecycle.keep(), [], undefined],
])('%s objects of other pipelines only in the source bucket, and deletes them in buckets with deleteSources', (_, sourceLifecycle, permissions, sources) => {
  const stack = testStack();
  const imported = (name: string) => s3.Bucket.fromBucketName(stack, name, name);
  vodIn(stack, {
    upload: { sourceLifecycle }, ingest: { buckets: [{ bucket: imported('exports'), prefix: 'out/', deleteSources: true }, { bucket: imported('kept') }] },
  });
  const template = templateOf(stack);
  const granted = permissionsOf(template, 'sweeper/sweep-videos').map((name) => name.replace('VodUpload', 'Upload'));
  expect(granted.filter((name) => /ingest|exports|kept/.test(name)).sort()).toEqual([...permissions].sort());
  const { INGEST_SOURCES } = environmentOf(template, 'sweeper/sweep-videos');
  expect(INGEST_SOURCES && JSON.parse(readable(INGEST_SOURCES))).toEqual(sources?.map(([bucket, prefix]) => ({ bucket, prefix })));
});

test('has no permissions for MediaConvert and S3 without transcoding and uploads', () => {
  const stack = testStack();
  sweeperIn(stack);
  expect(permissionsOf(templateOf(stack), 'sweeper/sweep-videos')).toEqual([...OF_CATALOG, 'sqs:SendMessage on SweeperDeadLetterQueue.Arn']);
});

test.each<[string, object, RegExp]>([
  ['no catalog', { catalog: undefined }, /Area: catalog: expected a VodCatalog/],
  ['a bucket as transcode', { transcode: 'bucket' }, /Area: transcode: expected a VodTranscode/],
  ['a misspelled option', { function: {} }, /Area: function: expected only functions, catalog, transcode, upload, ingest/],
  ['a bucket as upload', { upload: 'bucket' }, /Area: upload: expected a VodUpload/],
  ['a bucket as ingest', { ingest: 'bucket' }, /Area: ingest: expected a VodIngest/],
])('rejects %s', (_, props, message) => {
  const stack = testStack();

  const given = Object.fromEntries(Object.entries(props).map(([name, value]) => [name, value === 'bucket' ? new s3.Bucket(stack, 'Bucket') : value]));
  expect(() => new VodSweeper(stack, 'Area', { catalog: catalogIn(stack), ...given } as any)).toThrow(message);
});
