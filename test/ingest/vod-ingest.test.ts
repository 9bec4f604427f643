import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ServerlessVod } from '../../src';
import { VodIngest, type VodIngestOptions } from '../../src/ingest/vod-ingest';
import { SourceLifecycle } from '../../src/synth/source-lifecycle';
import { environmentOf } from '../toolkit/functions';
import { permissionsOf, permissionsOfRole } from '../toolkit/permissions';
import { catalogIn, templateOf, testStack, transcodeIn, uploadIn, vodIn, warningsOf } from '../toolkit/stacks';

const privateBucket = (stack: Stack, id: string, props: s3.BucketProps = {}) => (
  new s3.Bucket(stack, id, { blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true, ...props }));

function synth(options: (stack: Stack) => VodIngestOptions = () => ({})) {
  const stack = testStack();
  const catalog = catalogIn(stack);
  const upload = uploadIn(stack, { catalog });
  const transcode = transcodeIn(stack, { catalog, sourceBucket: upload.bucket });
  const ingest = new VodIngest(stack, 'Ingest', { catalog, upload, transcode, ...options(stack) });
  return { stack, ingest, transcode, template: Template.fromStack(stack) };
}

test('watches objects below ingest/ in the source bucket', () => {
  const { template } = synth(() => ({ defaultOwner: 'newsroom' }));
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { 'source': ['aws.s3'], 'detail-type': ['Object Created'], 'detail': { bucket: { name: [{ Ref: Match.stringLikeRegexp('^UploadBucket') }] }, object: { key: [{ prefix: 'ingest/' }] } } },
    Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IngestQueue'), 'Arn'] }, DeadLetterConfig: Match.anyValue() }],
  });
  expect(JSON.stringify(environmentOf(template, 'ingest/ingest-objects').INGEST_SETTINGS)).toContain('newsroom');
});

test('watches an existing bucket of the app, and the functions and the job role can read its objects with its key', () => {
  const { stack, template, transcode } = synth((scope) => ({
    buckets: [{ bucket: privateBucket(scope, 'Exports', { encryptionKey: new kms.Key(scope, 'Key') }), prefix: 'finished/' }],
  }));
  const exported = Object.entries(template.findResources('AWS::S3::Bucket')).find(([id]) => id.startsWith('Exports'))![1];
  expect(exported.Properties.NotificationConfiguration).toEqual({ EventBridgeConfiguration: { EventBridgeEnabled: true } });
  template.hasResourceProperties('AWS::Events::Rule', { EventPattern: { detail: { bucket: { name: [{ Ref: Match.stringLikeRegexp('^Exports') }] }, object: { key: [{ prefix: 'finished/' }] } } } });
  const ofFunction = permissionsOf(template, 'ingest/ingest-objects').join('\n');
  for (const action of ['s3:GetObject', 's3:GetObjectTagging', 'kms:Decrypt']) expect(ofFunction).toMatch(new RegExp(`${action} on (Exports|Key)`));
  for (const role of [transcode.jobRole, transcode.submitJobFunction.role!]) {
    expect(permissionsOfRole(template, role).join('\n')).toMatch(/kms:Decrypt on Key[^]*s3:GetObject on Exports|s3:GetObject on Exports[^]*kms:Decrypt on Key/);
  }
  expect(warningsOf(stack).join()).not.toContain('ingestBucketEvents');
});

test('has a rule without a prefix for a whole bucket', () => {
  const { template } = synth((stack) => ({ buckets: [{ bucket: privateBucket(stack, 'Exports') }] }));
  const patterns = Object.values(template.findResources('AWS::Events::Rule')).map(({ Properties }) => Properties.EventPattern.detail);
  expect(patterns).toContainEqual({ bucket: { name: [{ Ref: expect.stringMatching(/^Exports/) }] } });
});

test('warns that an imported bucket must send its events', () => {
  const { stack } = synth((scope) => ({ buckets: [{ bucket: s3.Bucket.fromBucketName(scope, 'Exports', 'exports') }] }));
  expect(warningsOf(stack).join()).toContain('buckets[0].bucket: cannot configure an imported bucket. Its objects become videos only if the bucket sends its events to EventBridge');
});

test('works without uploads, and then needs buckets', () => {
  const areas = (stack: Stack) => {
    const catalog = catalogIn(stack);
    return { catalog, transcode: transcodeIn(stack, { catalog }) };
  };
  const stack = testStack();
  const ingest = new VodIngest(stack, 'Ingest', { ...areas(stack), buckets: [{ bucket: privateBucket(stack, 'Exports'), deleteSources: true }] });
  Template.fromStack(stack).resourceCountIs('AWS::Events::Rule', 3);
  expect(ingest.sources.map(({ bucket, prefix, deleteSources }) => [bucket.node.id, prefix, deleteSources])).toEqual([['Exports', '', true]]);
  const other = testStack();
  expect(() => new VodIngest(other, 'Ingest', areas(other))).toThrow('Test/Ingest: buckets: expected at least one of the props buckets and upload, got neither');
});

test('without the prop ingest, the service has no ingest', () => {
  const stack = testStack();
  expect(vodIn(stack).ingest).toBeUndefined();
});

test.each<[string, (stack: Stack) => object, string]>([
  ['a bucket twice', (stack) => { const bucket = privateBucket(stack, 'B'); return { buckets: [{ bucket, prefix: 'a/' }, { bucket, prefix: 'a/b/' }] }; }, 'ingest.buckets[1]: expected a prefix that does not overlap with the prefix of another item for the same bucket'],
  ['an imported bucket twice', (stack) => ({ buckets: ['B', 'C'].map((id) => ({ bucket: s3.Bucket.fromBucketName(stack, id, 'exports') })) }), 'ingest.buckets[1]: expected a prefix that does not overlap with the prefix of another item for the same bucket'],
  ['a wildcard in a prefix', (stack) => ({ buckets: [{ bucket: privateBucket(stack, 'B'), prefix: 'a*' }] }), 'ingest.buckets[0].prefix: expected the start of an object key, such as "exports/", got "a*". The prefix must not contain *, ? or $'],
  ['a leading slash', (stack) => ({ buckets: [{ bucket: privateBucket(stack, 'B'), prefix: '/a' }] }), 'ingest.buckets[0].prefix: expected'],
  ['a misspelled key', (stack) => ({ buckets: [{ bucket: privateBucket(stack, 'B'), prefx: 'a' }] }), 'ingest.buckets[0].prefx: expected only bucket, prefix, deleteSources; did you mean ingest.buckets[0].prefix?'],
  ['a blank owner', () => ({ defaultOwner: '\u200b' }), 'ingest.defaultOwner: expected a user id of 1 to 255 characters'],
  ['a long owner', () => ({ defaultOwner: 'x'.repeat(256) }), 'ingest.defaultOwner: expected a user id of 1 to 255 characters'],
])('rejects %s', (_, ingest, message) => {
  const stack = testStack();
  expect(() => vodIn(stack, { ingest: ingest(stack) })).toThrow(message);
});

describe('rejects a bucket in which this library writes, because each result would become a new video', () => {
  test('the bucket of the media files', () => {
    const stack = testStack();
    const media = privateBucket(stack, 'Media');
    vodIn(stack, { delivery: { bucket: media }, ingest: { buckets: [{ bucket: media }] } });
    expect(() => templateOf(stack)).toThrow('ingest.buckets[0].bucket: expected a bucket that only this service uses, got a resource that Test/Vod/Transcode also uses. Each media file would become a video');
  });

  test('the bucket of the media files of another service in the app', () => {
    const stack = testStack();
    const media = privateBucket(stack, 'Media');
    new ServerlessVod(stack, 'Other', { delivery: { bucket: media } });
    vodIn(stack, { ingest: { buckets: [{ bucket: media, prefix: 'v/' }] } });
    expect(() => templateOf(stack)).toThrow('got a resource that Test/Other/Transcode also uses. Each media file would become a video');
  });

  test('the bucket of failed event records', () => {
    const stack = testStack();
    const { failedEventsBucket } = catalogIn(stack, {});
    vodIn(stack, { ingest: { buckets: [{ bucket: failedEventsBucket }] } });
    expect(() => templateOf(stack)).toThrow('Each failed event record would become a video');
  });
});

test('rejects two ingests of one source bucket', () => {
  const stack = testStack();
  const catalog = catalogIn(stack);
  const upload = uploadIn(stack, { catalog });
  const transcode = transcodeIn(stack, { catalog, sourceBucket: upload.bucket });
  for (const id of ['One', 'Two']) new VodIngest(stack, id, { catalog, upload, transcode });
  expect(() => templateOf(stack)).toThrow('With a shared bucket, both services would create a video for each object below ingest/');
});

test('rejects the source bucket, which is already watched', () => {
  const stack = testStack();
  const sources = privateBucket(stack, 'Sources');
  expect(() => vodIn(stack, { upload: { bucket: sources }, ingest: { buckets: [{ bucket: sources }] } })).toThrow('ingest.buckets[0].bucket: expected a bucket of another pipeline, got the source bucket');
});

test('two prefixes of one bucket are two sources, each with a rule', () => {
  const { template } = synth((stack) => {
    const bucket = privateBucket(stack, 'Exports');
    return { buckets: [{ bucket, prefix: 'a/' }, { bucket, prefix: 'b/' }] };
  });
  const rules = Object.values(template.findResources('AWS::Events::Rule')).map(({ Properties }) => Properties.EventPattern.detail);
  const ofBucket = rules.filter((detail) => detail?.bucket?.name?.[0]?.Ref?.startsWith('Exports'));
  expect(ofBucket.map(({ object }) => object.key)).toEqual([[{ prefix: 'a/' }], [{ prefix: 'b/' }]]);
});

describe('the sweeper', () => {
  const actionsOn = (template: Template, pattern: RegExp) => permissionsOf(template, 'sweeper/sweep-videos').filter((each) => pattern.test(each)).map((each) => each.split(' on ')[0]).sort();
  const service = (sourceLifecycle?: SourceLifecycle) => {
    const stack = testStack();
    const exported = { bucket: privateBucket(stack, 'Exports'), prefix: 'finished/', deleteSources: true };
    const kept = { bucket: privateBucket(stack, 'Kept') };
    vodIn(stack, { upload: { sourceLifecycle }, ingest: { buckets: [exported, kept] } });
    return Template.fromStack(stack);
  };

  test('deletes sources of the ingest from the source bucket, and from buckets that allow it', () => {
    const template = service(SourceLifecycle.deleteAfterReady(Duration.days(30)));
    expect(actionsOn(template, /ingest\/\*/)).toEqual(['s3:DeleteObject', 's3:GetObject']);
    expect(actionsOn(template, /Exports.*finished\/\*/)).toEqual(['s3:DeleteObject', 's3:GetObject']);
    expect(actionsOn(template, /s3:ListBucket/)).toEqual(['s3:ListBucket', 's3:ListBucket']);
    expect(actionsOn(template, /Kept/)).toEqual([]);
    expect(JSON.stringify(environmentOf(template, 'sweeper/sweep-videos').INGEST_SOURCES)).toMatch(/VodUploadBucket.*ingest.*Exports.*finished/);
  });

  test('archives sources of the ingest only in the source bucket, which gets a lifecycle rule for them', () => {
    const template = service(SourceLifecycle.archiveAfterReady(Duration.days(30)));
    expect(actionsOn(template, /ingest\/\*/)).toEqual(['s3:GetObject', 's3:GetObjectTagging', 's3:PutObjectTagging']);
    expect(actionsOn(template, /Exports|Kept/)).toEqual([]);
    template.hasResourceProperties('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ Prefix: 'ingest/', TagFilters: Match.anyValue() })]) } });
  });

  test('has no permission for sources of the ingest if all sources are kept', () => {
    expect(actionsOn(service(), /ingest\/\*|Exports|Kept/)).toEqual([]);
  });
});
