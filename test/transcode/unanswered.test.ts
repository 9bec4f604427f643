import { createServer, Server } from 'http';
import type { AddressInfo } from 'net';
import { MediaConvertClient } from '@aws-sdk/client-mediaconvert';
import type { SQSEvent } from 'aws-lambda';
import { startTable, Table, TABLE_NAME, VIDEO_ID } from './videos';
import { videoRepository } from '../../src/runtime/rows/video-repository';
import { DEFAULT_LADDER } from '../../src/transcode/job/ladder';
import { submitJobs } from '../../src/transcode/submit-job.runtime';

let table: Table;
let server: Server;
let asked: string[] = [];
let responds = true;
/** The time that Lambda leaves for the invocation: 1.5 seconds for MediaConvert, and 10 seconds to record the end of the attempt. */
const REMAINING_MS = 11_500;

async function submitVideo(receives: number): Promise<unknown> {
  asked = [];
  await table.put({ status: 'waiting' });
  const submit = submitJobs({
    videos: videoRepository(TABLE_NAME),
    client: new MediaConvertClient({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    clock: () => new Date(),
    settings: { ladder: DEFAULT_LADDER, segmentSeconds: 6, maxFrameRate: 30, maxDurationSeconds: 3600 },
    mediaBucket: 'media', queueArn: 'queue', jobRoleArn: 'role', maxReceives: 5,
  });
  const body = JSON.stringify({ detail: { object: { key: `source/${VIDEO_ID}/original`, size: 42 } } });
  const event = { Records: [{ body, messageId: 'message-1', attributes: { ApproximateReceiveCount: `${receives}` } }] } as SQSEvent;
  return submit(event, { getRemainingTimeInMillis: () => responds ? 60_000 : REMAINING_MS });
}

beforeAll(async () => {
  table = await startTable();
  server = createServer(({ url }, response) => {
    asked.push(url ?? '');
    if (responds) response.writeHead(400).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
  // The SDK loads modules at its first request. On a busy machine, this takes longer than the tests allow, so the first request is sent before the tests.
  await submitVideo(1);
  responds = false;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await table.stop();
});

test.each([[4, 'uploaded', undefined], [5, 'errored', 'internal']])('receive %i of 5 ends before the function times out if MediaConvert does not respond', async (receives, status, code) => {
  const start = performance.now();
  expect(await submitVideo(receives)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  expect(performance.now() - start).toBeLessThan(REMAINING_MS);
  expect(asked).toHaveLength(1);
  const row = await table.get();
  expect([row.status, row.error?.code]).toEqual([status, code]);
});
