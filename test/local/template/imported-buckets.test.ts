import { randomUUID } from 'crypto';
import {
  aws_events as events, aws_events_targets as targets, aws_iam as iam, aws_s3 as s3, aws_s3_deployment as deployment, aws_sqs as sqs, CustomResource, Stack,
} from 'aws-cdk-lib';
import { synthesized } from './stacks';
import { createS3 } from '../../../local/s3/s3';
import { addImportedBuckets } from '../../../local/template/imported-buckets';
import type { BusEvent } from '../../../local/types';
import { fakeAccess } from '../fakes';

const role = (stack: Stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
const imported = (stack: Stack, name = 'pipeline.exports') => s3.Bucket.fromBucketName(stack, name, name);
const ruleOf = (stack: Stack, eventPattern: events.EventPattern) => new events.Rule(stack, 'Rule', { eventPattern, targets: [new targets.SqsQueue(new sqs.Queue(stack, 'Queue'))] });

test.each<[string, (stack: Stack) => void, string[]]>([
  ['a policy for the objects of an imported bucket', (stack) => imported(stack).grantPut(role(stack)), ['pipeline.exports']],
  ['a policy for objects with a prefix', (stack) => imported(stack).grantPut(role(stack), 'finished/*'), ['pipeline.exports']],
  ['a policy for two imported buckets', (stack) => {
    const reader = role(stack);
    for (const name of ['other', 'pipeline.exports']) imported(stack, name).grantRead(reader);
  }, ['other', 'pipeline.exports']],
  ['a managed policy', (stack) => imported(stack).grantRead(new iam.ManagedPolicy(stack, 'Policy', { roles: [role(stack)] })), ['pipeline.exports']],
  ['a name with the account', (stack) => imported(stack, `exports-${stack.account}`).grantRead(role(stack)), ['exports-123456789012']],
  ['a rule for the events of an imported bucket', (stack) => ruleOf(stack, { source: ['aws.s3'], detail: { bucket: { name: ['pipeline.exports'] } } }), ['pipeline.exports']],
  ['a rule for the events of all buckets', (stack) => ruleOf(stack, { source: ['aws.s3'], detail: { object: { key: [{ prefix: 'ingest/' }] } } }), []],
  ['a rule for buckets with a prefix', (stack) => ruleOf(stack, { source: ['aws.s3'], detail: { bucket: { name: [{ prefix: 'exports-' }] } } }), []],
  ['a rule for other events', (stack) => ruleOf(stack, { source: ['my.app'], detail: { bucket: { name: ['pipeline.exports'] } } }), []],
  ['a rule with a schedule', (stack) => new events.Rule(stack, 'Rule', { schedule: events.Schedule.cron({}) }), []],
  ['a policy for every bucket', (stack) => role(stack).addToPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::*', 'arn:aws:s3:::exports-*/*', '*'] })), []],
  ['a bucket of the template', (stack) => {
    const bucket = new s3.Bucket(stack, 'Bucket');
    bucket.grantRead(role(stack));
    ruleOf(stack, { source: ['aws.s3'], detail: { bucket: { name: [bucket.bucketName] } } });
  }, []],
  ['a bucket of the template with a name', (stack) => new s3.Bucket(stack, 'Bucket', { bucketName: 'pipeline.exports' }).grantRead(role(stack)), []],
  ['assets in the bucket of the bootstrap stack', (stack) => void new deployment.BucketDeployment(stack, 'Deployment', {
    sources: [deployment.Source.data('index.html', 'page')], destinationBucket: new s3.Bucket(stack, 'Bucket'),
  }), []],
])('%s', async (_, build, expected) => {
  const stack = await synthesized(build);
  const before = stack.ofType('AWS::S3::Bucket').length;
  expect(addImportedBuckets(stack)).toEqual(expected);
  expect(stack.ofType('AWS::S3::Bucket').slice(before).map(({ physicalId, attributes }) => [physicalId, attributes.Arn])).toEqual(expected.map((name) => [name, `arn:aws:s3:::${name}`]));
  expect(stack.outputs()).toEqual({});
});

test('ignores a policy that depends on a custom resource, because the custom resource runs later', async () => {
  const stack = await synthesized((each) => {
    const made = new CustomResource(each, 'Made', { resourceType: 'Custom::Made', serviceToken: 'arn:aws:lambda:us-east-1:123456789012:function:make' });
    role(each).addToPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [imported(each).arnForObjects(made.getAttString('Key'))] }));
  });
  expect(addImportedBuckets(stack)).toEqual([]);
});

test('an imported bucket stores objects and sends events', async () => {
  const stack = await synthesized((each) => imported(each).grantPut(role(each)));
  addImportedBuckets(stack);
  const sent: BusEvent[] = [];
  const { store } = createS3({ stack, putEvent: (event) => sent.push(event), access: fakeAccess() });
  const key = `finished/${randomUUID()}`;
  await store.put('pipeline.exports', key, Buffer.from('x'));
  expect(sent.map(({ detail: { bucket, object } }) => [bucket.name, object.key])).toEqual([['pipeline.exports', key]]);
});
