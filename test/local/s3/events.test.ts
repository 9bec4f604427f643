import { readdirSync } from 'fs';
import { join } from 'path';
import * as s3 from '@aws-sdk/client-s3';
import { bucketOf, md5, SENDS_EVENTS, useS3 } from './fixture';
import { createS3 } from '../../../local/s3/s3';
import type { BusEvent } from '../../../local/types';
import { until } from '../fakes';

const BUCKET = 'sources';

/** The notification configuration that a CDK app sets with addEventNotification. */
const notifications = (BucketName: string, NotificationConfiguration: object) => (
  { type: 'Custom::S3BucketNotifications', physicalId: `${BucketName}-notifications`, properties: { BucketName, NotificationConfiguration } });

const { stack, events, access, client } = useS3(
  bucketOf(BUCKET, SENDS_EVENTS), bucketOf('silent'),
  bucketOf('heard'), notifications('heard', { EventBridgeConfiguration: {} }),
  bucketOf('muted', SENDS_EVENTS), notifications('muted', {}),
);

const put = (Key: string, Body: string, Bucket = BUCKET) => client.send(new s3.PutObjectCommand({ Bucket, Key, Body }));

test('sends the event of an object that was committed before a kill once at the next start, unless the object was replaced', async () => {
  const told: string[] = [];
  const run = (putEvent: (event: BusEvent) => void) => createS3({ stack, access, putEvent }).store;
  const killed = run(() => { throw new Error('killed'); });
  const living = run(({ detail }) => told.push(detail.object.key));
  // This `setTimeout` never calls its function. Therefore the store `killed` never retries its events, like a store whose process was killed.
  const spies = [jest.spyOn(globalThis, 'setTimeout').mockReturnValue(setTimeout(() => undefined, 0)), jest.spyOn(console, 'error').mockImplementation()];
  for (const key of ['untold', 'replaced']) await killed.put(BUCKET, key, Buffer.from('x'));
  spies.forEach((spy) => spy.mockRestore());
  await living.put(BUCKET, 'replaced', Buffer.from('y'));
  expect(told).toEqual(['replaced']);
  for (const _ of [1, 2]) run(({ detail }) => told.push(detail.object.key));
  expect(told).toEqual(['replaced', 'untold']);
});

test('stores an object on a disk that is too full for its event, and sends the event later', async () => {
  const log = jest.spyOn(console, 'error').mockImplementation();
  const told: string[] = [];
  const faults = [new Error('ENOSPC: no space left on device')];
  const full = createS3({
    stack, access,
    putEvent({ detail }) {
      const fault = faults.shift();
      if (fault) throw fault;
      told.push(detail.object.key);
    },
  }).store;
  await full.put(BUCKET, 'full', Buffer.from('x'));
  expect(told).toEqual([]);
  await until(() => told.length > 0);
  expect([told, log.mock.calls]).toEqual([['full'], [[expect.stringContaining('ENOSPC')]]]);
  expect(readdirSync(join(stack.dataFolder, 's3', '.untold'))).toEqual([]);
  log.mockRestore();
});

test('sends an Object Created event only if the bucket enables EventBridge', async () => {
  await put('ev ü/+', 'abc');
  await put('ev2', 'abc');
  await put('k', 'x', 'silent');
  expect(events).toHaveLength(2);
  expect(events[0]).toEqual({
    'source': 'aws.s3',
    'detail-type': 'Object Created',
    'resources': [`arn:aws:s3:::${BUCKET}`],
    'detail': {
      'version': '0',
      'bucket': { name: BUCKET },
      'object': { key: 'ev ü/+', size: 3, etag: md5(Buffer.from('abc')), sequencer: expect.stringMatching(/^[0-9A-F]{18}$/) },
      'request-id': expect.any(String),
      'requester': '111122223333',
      'source-ip-address': '127.0.0.1',
      'reason': 'PutObject',
    },
  });
  expect(events[1].detail.object.sequencer > events[0].detail.object.sequencer).toBe(true);
});

test('follows the notification configuration of CDK\'s custom resource, which replaces the bucket\'s property', async () => {
  for (const bucket of ['heard', 'muted']) await put('k', 'x', bucket);
  expect(events.map(({ detail }) => detail.bucket.name)).toEqual(['heard']);
});
