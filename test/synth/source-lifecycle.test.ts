import { CfnElement, CfnParameter, Duration, Lazy, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SourceLifecycle } from '../../src';
import { environmentOf } from '../toolkit/functions';
import { catalogIn, sweeperIn, templateOf, testStack, uploadIn, vodIn, warningsOf } from '../toolkit/stacks';

const ABORT = { Id: 'AbortIncompleteUploads', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } };
const transition = (StorageClass: string) => ({ Transitions: [{ StorageClass, TransitionInDays: 0 }] });
const TAGGED = { TagFilters: [{ Key: 'vod-lifecycle', Value: 'archive' }] };
const ARCHIVE = { Id: 'Archive source/', Prefix: 'source/', Status: 'Enabled', ...TAGGED };
const TIER = { Id: 'Tier source/', Prefix: 'source/', Status: 'Enabled', ...transition('INTELLIGENT_TIERING') };
const MONTH = Duration.days(30);

function rulesOf(sourceLifecycle: SourceLifecycle | undefined, makeBucket?: (stack: Stack) => s3.IBucket): unknown[] {
  const stack = testStack();
  const { bucket } = uploadIn(stack, { sourceLifecycle, bucket: makeBucket?.(stack) });
  const made = Template.fromStack(Stack.of(bucket)).findResources('AWS::S3::Bucket')[Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnElement)];
  expect(warningsOf(stack).filter((warning) => warning.includes('sourceBucketLifecycle'))).toEqual([]);
  return made.Properties.LifecycleConfiguration?.Rules ?? [];
}

describe('the parts of incomplete uploads in an imported bucket', () => {
  const ABANDONED = 'serverless-vod:sourceBucketParts';

  test('cause a warning that names the required rule', () => {
    const stack = testStack();
    vodIn(stack, { upload: { bucket: s3.Bucket.fromBucketName(stack, 'Sources', 'sources') } });
    Annotations.fromStack(stack).hasWarning('/Test/Vod/Upload', Match.stringLikeRegexp(`^upload\\.bucket: .*aborts incomplete multipart uploads with the prefix source/ after 7 days.*${ABANDONED}`));
  });

  test.each<[string, (stack: Stack) => s3.IBucket | undefined]>([
    ['a new bucket', () => undefined],
    ['a bucket of the app', (stack) => new s3.Bucket(stack, 'Sources')],
  ])('cause no warning for %s', (_, makeBucket) => {
    const stack = testStack();
    uploadIn(stack, { bucket: makeBucket(stack) });
    expect(warningsOf(stack).filter((warning) => warning.includes(ABANDONED))).toEqual([]);
  });
});

describe('the lifecycle rules of the bucket', () => {
  test.each<[string, SourceLifecycle | undefined, unknown[]]>([
    ['the default', undefined, []],
    ['keep', SourceLifecycle.keep(), []],
    ['deleteAfterReady', SourceLifecycle.deleteAfterReady(MONTH), []],
    ['archiveAfterReady', SourceLifecycle.archiveAfterReady(MONTH), [{ ...ARCHIVE, ...transition('GLACIER') }]],
    ['archiveAfterReady with null', SourceLifecycle.archiveAfterReady(MONTH, null as any), [{ ...ARCHIVE, ...transition('GLACIER') }]],
    ['archiveAfterReady with DEEP_ARCHIVE', SourceLifecycle.archiveAfterReady(MONTH, s3.StorageClass.DEEP_ARCHIVE), [{ ...ARCHIVE, ...transition('DEEP_ARCHIVE') }]],
    ['intelligentTiering', SourceLifecycle.intelligentTiering(), [TIER]],
  ])('%s', (_, lifecycle, rules) => expect(rulesOf(lifecycle)).toEqual([ABORT, ...rules]));

  const own = { id: 'Own', expiration: Duration.days(9), prefix: 'logs/' };
  const OWN = { Id: 'Own', ExpirationInDays: 9, Prefix: 'logs/', Status: 'Enabled' };
  test.each<[string, (stack: Stack) => s3.IBucket]>([
    ['an existing bucket', (stack) => new s3.Bucket(stack, 'Sources', { lifecycleRules: [own] })],
    ['a bucket of another stack', (stack) => new s3.Bucket(new Stack(stack.node.root as any, 'Other'), 'Sources', { lifecycleRules: [own] })],
    ['an L1 bucket', (stack) => s3.Bucket.fromCfnBucket(new s3.CfnBucket(stack, 'Sources', {
      lifecycleConfiguration: { rules: [{ id: 'Own', expirationInDays: 9, prefix: 'logs/', status: 'Enabled' }] },
    }))],
  ])('are added to the rules of %s', (_, makeBucket) => {
    expect(rulesOf(SourceLifecycle.archiveAfterReady(MONTH), makeBucket)).toEqual([OWN, { ...ARCHIVE, ...transition('GLACIER') }]);
    expect(rulesOf(SourceLifecycle.intelligentTiering(), makeBucket)).toEqual([OWN, TIER]);
    expect(rulesOf(SourceLifecycle.deleteAfterReady(MONTH), makeBucket)).toEqual([OWN]);
  });

  test.each([
    [SourceLifecycle.archiveAfterReady(MONTH, s3.StorageClass.DEEP_ARCHIVE), 'the prefix source/ and the tag vod-lifecycle=archive to DEEP_ARCHIVE after 0 days'],
    [SourceLifecycle.intelligentTiering(), 'the prefix source/ to INTELLIGENT_TIERING after 0 days'],
  ])('are described by a warning if the bucket is imported (case %#)', (sourceLifecycle, rule) => {
    const stack = testStack();
    vodIn(stack, { upload: { bucket: s3.Bucket.fromBucketName(stack, 'Sources', 'sources'), sourceLifecycle } });
    Annotations.fromStack(stack).hasWarning('/Test/Vod/Upload', Match.stringLikeRegexp(`^upload\\.bucket: cannot add a lifecycle rule .*${rule}.*serverless-vod:sourceBucketLifecycle`));
  });

  test('cause no warning for an imported bucket if the sweeper deletes the sources', () => {
    const stack = testStack();
    vodIn(stack, { upload: { bucket: s3.Bucket.fromBucketName(stack, 'Sources', 'sources'), sourceLifecycle: SourceLifecycle.deleteAfterReady(MONTH) } });
    expect(warningsOf(stack).filter((warning) => warning.includes('sourceBucketLifecycle'))).toEqual([]);
  });
});

test.each<[string, SourceLifecycle, unknown[]]>([
  ['archive', SourceLifecycle.archiveAfterReady(MONTH), [{ ...ARCHIVE, ...transition('GLACIER') }, { ...ARCHIVE, Id: 'Archive ingest/', Prefix: 'ingest/', ...transition('GLACIER') }]],
  ['tiering', SourceLifecycle.intelligentTiering(), [TIER, { ...TIER, Id: 'Tier ingest/', Prefix: 'ingest/' }]],
])('with the ingest, the bucket also has a lifecycle rule for the objects of other pipelines: %s', (_, sourceLifecycle, rules) => {
  const stack = testStack();
  const { upload } = vodIn(stack, { ingest: {}, upload: { sourceLifecycle } });
  const made = Template.fromStack(stack).findResources('AWS::S3::Bucket')[stack.getLogicalId(upload.bucket.node.defaultChild as CfnElement)];
  expect(made.Properties.LifecycleConfiguration.Rules).toEqual([ABORT, ...rules]);
});

test.each<[string, any, string]>([
  ['no duration', SourceLifecycle.deleteAfterReady(undefined as any), '(after): expected a Duration, such as Duration.days(30), got none'],
  ['null as duration', SourceLifecycle.archiveAfterReady(null as any), '(after): expected a Duration, such as Duration.days(30), got none'],
  ['a number', SourceLifecycle.deleteAfterReady(30 as any), '(after): expected a Duration in whole seconds from 1 day to 3650 days, got 30'],
  ['a duration that is too short', SourceLifecycle.deleteAfterReady(Duration.hours(23)), '(after): expected a Duration in whole seconds from 1 day to 3650 days, got 23 hours'],
  ['a duration that is too long', SourceLifecycle.archiveAfterReady(Duration.days(3651)), '(after): expected a Duration in whole seconds from 1 day to 3650 days, got 3651 days'],
  ['a fraction of a second', SourceLifecycle.deleteAfterReady(Duration.millis(86_400_500)), '(after): expected a Duration in whole seconds'],
  ['a token in days', SourceLifecycle.deleteAfterReady(Duration.days(Token.asNumber({ Ref: 'Days' }))), '(after): expected a Duration with the unit seconds (Duration.seconds) for a CDK token'],
  ['another storage class', SourceLifecycle.archiveAfterReady(MONTH, s3.StorageClass.GLACIER_INSTANT_RETRIEVAL), '(storageClass): expected StorageClass.GLACIER or StorageClass.DEEP_ARCHIVE, got StorageClass.GLACIER_INSTANT_RETRIEVAL'],
  ['a storage class that CDK does not define', SourceLifecycle.archiveAfterReady(MONTH, new s3.StorageClass('OTHER')), '(storageClass): expected StorageClass.GLACIER or StorageClass.DEEP_ARCHIVE, got an object of class StorageClass'],
  ['a string as storage class', SourceLifecycle.archiveAfterReady(MONTH, 'GLACIER' as any), '(storageClass): expected StorageClass.GLACIER or StorageClass.DEEP_ARCHIVE, got "GLACIER"'],
  ['the function itself', SourceLifecycle.keep, 'got the function itself. Call the function'],
  ['a duration', MONTH, 'expected a SourceLifecycle, such as SourceLifecycle.keep(), got 30 days'],
  ['a lazy value', Lazy.any({ produce: () => SourceLifecycle.keep() }), 'expected a SourceLifecycle'],
])('rejects %s', (_, sourceLifecycle, message) => {
  expect(() => vodIn(testStack(), { upload: { sourceLifecycle } })).toThrow(`Test/Vod/Upload: sourceLifecycle${message.startsWith('(') ? ` ${message}` : ': '}`);
  expect(() => vodIn(testStack(), { upload: { sourceLifecycle } })).toThrow(message);
});

test('accepts a duration that is known at deploy time', () => {
  const stack = testStack();
  const catalog = catalogIn(stack);
  const seconds = new CfnParameter(stack, 'Seconds', { type: 'Number' }).valueAsNumber;
  sweeperIn(stack, { catalog, upload: uploadIn(stack, { catalog, sourceLifecycle: SourceLifecycle.deleteAfterReady(Duration.seconds(seconds)) }) });
  expect(environmentOf(templateOf(stack), 'sweeper/sweep-videos').SOURCE_LIFECYCLE).toEqual({ 'Fn::Join': ['', ['{"action":"delete","afterSeconds":', { Ref: 'Seconds' }, '}']] });
});

test('ServerlessVod passes the source lifecycle to the functions that record results and change sources', () => {
  const stack = testStack();
  vodIn(stack, { upload: { sourceLifecycle: SourceLifecycle.archiveAfterReady(MONTH) } });
  const template = templateOf(stack);
  for (const handler of ['sweeper/sweep-videos', 'transcode/record-job-event'] as const) {
    expect(environmentOf(template, handler).SOURCE_LIFECYCLE).toBe('{"action":"archive","afterSeconds":2592000}');
  }
});
