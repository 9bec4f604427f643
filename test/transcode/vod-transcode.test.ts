import { Bitrate, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CLAIM_SECONDS } from '../../src/contract/transcode';
import { SourceLifecycle } from '../../src/synth/source-lifecycle';
import type { VodTranscodeProps } from '../../src/transcode/vod-transcode';
import { environmentOf, functionOf } from '../toolkit/functions';
import { IF_DERIVED, permissionsOf, permissionsOfRole, statements, statementsOf } from '../toolkit/permissions';
import { catalogIn, templateOf, testStack, transcodeIn } from '../toolkit/stacks';

function transcode(options: Partial<VodTranscodeProps> = {}) {
  const stack = testStack();
  return { stack, transcode: transcodeIn(stack, options) };
}

describe('VodTranscode', () => {
  const { stack, transcode: made } = transcode();
  const template = Template.fromStack(stack);
  const id = (construct: { node: { defaultChild?: any } }): string => stack.resolve(construct.node.defaultChild.logicalId);
  const arn = (construct: { node: { defaultChild?: any } }) => ({ 'Fn::GetAtt': [id(construct), 'Arn'] });

  test('allows MediaConvert only to read sources and to write media, and only for this account', () => {
    expect(permissionsOfRole(template, made.jobRole)).toEqual(['s3:GetObject on Sources.Arn/source/*', 's3:PutObject on Media.Arn/v/*']);
    template.hasResourceProperties('AWS::IAM::Role', {
      Description: 'MediaConvert reads sources and writes media',
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [{
          Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'mediaconvert.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }],
      }),
    });
  });

  test('allows the submit function to create and search jobs of this queue and to pass the job role, but not to write media', () => {
    expect(permissionsOf(template, 'transcode/submit-job')).toEqual([
      'dynamodb:GetItem on CatalogTable.Arn',
      'dynamodb:UpdateItem on CatalogTable.Arn',
      'iam:PassRole on TranscodeJobRole.Arn if {"StringEquals":{"iam:PassedToService":"mediaconvert.amazonaws.com"}}',
      'mediaconvert:CreateJob on TranscodeQueue.Arn',
      'mediaconvert:Probe on *',
      'mediaconvert:SearchJobs on TranscodeQueue.Arn',
      's3:GetObject on Sources.Arn/source/*',
      'sqs:DeleteMessage on TranscodeSubmitQueue.Arn',
      'sqs:GetQueueAttributes on TranscodeSubmitQueue.Arn',
      'sqs:ReceiveMessage on TranscodeSubmitQueue.Arn',
    ]);
  });

  test('gives the function for job events no permissions for MediaConvert, S3 or IAM', () => {
    expect(permissionsOf(template, 'transcode/record-job-event')).toEqual([
      'dynamodb:GetItem on CatalogTable.Arn', `dynamodb:PutItem on CatalogTable.Arn${IF_DERIVED}`, 'dynamodb:UpdateItem on CatalogTable.Arn', 'sqs:SendMessage on TranscodeJobEventsDeadLetterQueue.Arn',
    ]);
  });

  test('passes the source lifecycle to the function for job events, if the sweeper changes sources', () => {
    const lifecycleOf = (sourceLifecycle?: SourceLifecycle) => environmentOf(templateOf(transcode({ sourceLifecycle }).stack), 'transcode/record-job-event').SOURCE_LIFECYCLE;
    expect(lifecycleOf(SourceLifecycle.archiveAfterReady(Duration.days(1)))).toBe('{"action":"archive","afterSeconds":86400}');
    for (const kept of [undefined, SourceLifecycle.keep(), SourceLifecycle.intelligentTiering()]) expect(lifecycleOf(kept)).toBeUndefined();
  });

  test('has no wildcard actions, and only Probe and ListStreams apply to all resources', () => {
    const ofRoles = statementsOf(template, 'AWS::IAM::Policy');
    expect(ofRoles.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
    expect(ofRoles.filter(({ Resource }) => Resource.includes('*')).flatMap(({ Action }) => Action)).toEqual(['dynamodb:ListStreams', 'mediaconvert:Probe']);
  });

  test('allows only the rule to send to the submit queue, and only over TLS', () => {
    const [rule] = Object.keys(template.findResources('AWS::Events::Rule', { Properties: { Description: 'A source was uploaded' } }));
    const [{ Properties }] = Object.values(template.findResources('AWS::SQS::QueuePolicy', { Properties: { Queues: [{ Ref: id(made.submitQueue) }] } }));
    const ofQueue = statements(Properties.PolicyDocument);
    expect(ofQueue.filter(({ Effect }) => Effect === 'Allow')).toEqual([expect.objectContaining({
      Principal: { Service: 'events.amazonaws.com' }, Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [rule, 'Arn'] } } },
    })]);
    expect(ofQueue.filter(({ Effect }) => Effect === 'Deny')).toEqual([expect.objectContaining({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]);
  });

  test('encrypts the queues and denies requests without TLS', () => {
    const queues = template.findResources('AWS::SQS::Queue');
    expect(Object.keys(queues)).toHaveLength(3);
    for (const [queue, { Properties }] of Object.entries(queues)) {
      expect(Properties.SqsManagedSseEnabled).toBe(true);
      template.hasResourceProperties('AWS::SQS::QueuePolicy', { Queues: [{ Ref: queue }], PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny' })]) } });
    }
  });

  test('hides a message for six timeouts, receives it up to five times, in batches of one with failure reporting', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 360, RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: arn(made.deadLetterQueue) },
    });
    const Variables = Match.objectLike({ TRANSCODE_SETTINGS: Match.stringLikeRegexp('"segmentSeconds":6'), MAX_RECEIVES: '5' });
    template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 60, Environment: { Variables } });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1, FunctionResponseTypes: ['ReportBatchItemFailures'], ScalingConfig: { MaximumConcurrency: 5 }, EventSourceArn: arn(made.submitQueue),
    });
  });

  test('a claim is valid longer than the function can run, and stale at the next receive', () => {
    expect(CLAIM_SECONDS).toBeGreaterThan(functionOf(template, 'transcode/submit-job').properties.Timeout);
    expect(CLAIM_SECONDS).toBeLessThan(templateOf(stack).Resources[id(made.submitQueue)].Properties!.VisibilityTimeout);
  });

  test('matches only events of sources in this bucket, and only job events of this queue', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        'source': ['aws.s3'], 'detail-type': ['Object Created'], 'detail': { bucket: { name: [Match.anyValue()] }, object: { key: [{ prefix: 'source/' }] } },
      },
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        'source': ['aws.mediaconvert'],
        'detail-type': ['MediaConvert Job State Change'],
        'detail': { queue: [{ 'Fn::GetAtt': [Match.anyValue(), 'Arn'] }], status: ['STATUS_UPDATE', 'COMPLETE', 'ERROR', 'CANCELED'] },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: { Arn: arn(made.jobEventsDeadLetterQueue) } })],
    });
    template.hasResourceProperties('AWS::Lambda::Function', { DeadLetterConfig: { TargetArn: arn(made.jobEventsDeadLetterQueue) } });
  });

  test('creates an on-demand MediaConvert queue whose name contains a part of the stack id', () => template.hasResourceProperties('AWS::MediaConvert::Queue', {
    PricingPlan: 'ON_DEMAND', Name: { 'Fn::Join': ['', [Match.stringLikeRegexp('^vod-[0-9a-f]{8}-$'), Match.objectLike({ 'Fn::Select': [2, Match.anyValue()] })]] },
  }));

  test('sets the number of concurrent jobs only if the option is given', () => {
    template.hasResourceProperties('AWS::MediaConvert::Queue', { ConcurrentJobs: Match.absent() });
    Template.fromStack(transcode({ concurrentJobs: 3 }).stack).hasResourceProperties('AWS::MediaConvert::Queue', { ConcurrentJobs: 3 });
  });

  test('passes the options to the submit function', () => {
    const { stack: tuned } = transcode({
      ladder: [{ height: 480, maxBitrate: Bitrate.mbps(1.5) }],
      segmentDuration: Duration.seconds(4),
      maxFrameRate: 60,
      maxDuration: Duration.minutes(10),
      maxConcurrency: 2,
    });
    const settings = { ladder: [{ height: 480, maxBitrate: 1_500_000 }], segmentSeconds: 4, maxFrameRate: 60, maxDurationSeconds: 600 };
    expect(environmentOf(templateOf(tuned), 'transcode/submit-job').TRANSCODE_SETTINGS).toBe(JSON.stringify(settings));
    Template.fromStack(tuned).hasResourceProperties('AWS::Lambda::EventSourceMapping', { ScalingConfig: { MaximumConcurrency: 2 } });
  });

  test.each<[Partial<VodTranscodeProps>, RegExp]>([
    [{ ladder: [] }, /Transcode: ladder: expected a list of 1 or more items, got \[\]/],
    [{ ladder: [{ height: 721, maxBitrate: Bitrate.bps(1) }], maxFrameRate: 0 }, /ladder\[0\]\.height.*ladder\[0\]\.maxBitrate.*maxFrameRate: expected .*, got 0/],
    [{ segmentDuration: Duration.seconds(1) }, /segmentDuration: expected .* 2 seconds to 10 seconds, got 1 second/],
    [{ segmentDuration: Duration.millis(2500) }, /segmentDuration: expected .*, got 2.5 seconds/],
    [{ maxConcurrency: 1 }, /maxConcurrency: expected .*, got 1/],
    [{ maxDuration: Duration.millis(1) }, /maxDuration/],
    [{ concurrentJobs: 0 }, /concurrentJobs: expected a whole number of 1 or more, got 0/],
    [{ concurrentJobs: 2.5 }, /concurrentJobs: expected .*, got 2.5/],
  ])('rejects %j at synth', (options, message) => {
    expect(() => transcode(options)).toThrow(message);
  });

  test.each<[string, (scope: Stack) => () => s3.IBucket]>([
    ['created in this app', (scope) => { const bucket = new s3.Bucket(scope, 'Shared'); return () => bucket; }],
    ['imported twice', (scope) => { let n = 0; return () => s3.Bucket.fromBucketName(scope, `Shared${n += 1}`, 'shared'); }],
  ])('rejects two services with one source bucket that was %s', (_, shared) => {
    const { stack: own } = transcode();
    const bucketOf = shared(own);
    for (const name of ['A', 'B']) transcodeIn(new Stack(own, name), { catalog: catalogIn(own.node.tryFindChild(name) as Stack), sourceBucket: bucketOf() });
    expect(() => templateOf(own)).toThrow('[Test/A/Transcode] sourceBucket: expected a bucket that only this service uses, got a resource that Test/B/Transcode also uses. With a shared bucket, each service would transcode the uploads of both services');
  });

  test('allows MediaConvert and the probe to use the customer managed KMS keys of the buckets', () => {
    const keyed = testStack();
    const bucket = (name: string) => new s3.Bucket(keyed, name, { encryption: s3.BucketEncryption.KMS });
    const { jobRole } = transcodeIn(keyed, { sourceBucket: bucket('Sources'), mediaBucket: bucket('Media') });
    const onKeys = (permissions: string[]) => permissions.filter((one) => one.startsWith('kms:')).map((one) => one.split(' if ')[0]);
    expect(onKeys(permissionsOfRole(templateOf(keyed), jobRole))).toEqual([
      'kms:Decrypt on MediaKey.Arn', 'kms:Decrypt on SourcesKey.Arn', 'kms:GenerateDataKey on MediaKey.Arn',
    ]);
    expect(onKeys(permissionsOf(templateOf(keyed), 'transcode/submit-job'))).toEqual(['kms:Decrypt on SourcesKey.Arn']);
    expect(onKeys(permissionsOf(templateOf(keyed), 'transcode/record-job-event'))).toEqual([]);
  });
});
