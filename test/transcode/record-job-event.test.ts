import { startTable, Table, VIDEO_ID } from './videos';
import type { JobEvent, JobEventDetail } from '../../src/transcode/record-job-event.runtime';

let table: Table;
let handler: (event: JobEvent) => Promise<void>;

beforeAll(async () => {
  table = await startTable();
  process.env.MEDIA_BUCKET = 'media';
  // The handler reads its environment when it is imported.
  ({ handler } = jest.requireActual('../../src/transcode/record-job-event.lambda'));
});
afterAll(() => table.stop());
beforeEach(() => {
  for (const level of ['info', 'warn'] as const) jest.spyOn(console, level).mockImplementation(() => undefined);
});

const METADATA = { videoId: VIDEO_ID, attempt: '1', width: '1280', height: '720', maxBitrates: '4000000-2000000' };
const event = (detail: Partial<JobEventDetail>) => handler({ detail: { jobId: 'job-1', status: 'STATUS_UPDATE', userMetadata: METADATA, ...detail } } as JobEvent);
const progress = (jobPercentComplete?: number) => ({ status: 'STATUS_UPDATE' as const, jobProgress: { jobPercentComplete } });
const COMPLETE: Partial<JobEventDetail> = {
  status: 'COMPLETE',
  outputGroupDetails: [
    {
      type: 'CMAF_GROUP',
      outputDetails: [
        { durationInMs: 10010, videoDetails: { widthInPx: 1280, heightInPx: 720 } },
        { durationInMs: 10010, videoDetails: { widthInPx: 960, heightInPx: 540, averageBitrate: 1_234_567 } },
        { durationInMs: 10032 },
      ],
    },
    { type: 'FILE_GROUP', outputDetails: [{ outputFilePaths: [`s3://media/v/${VIDEO_ID}/1/poster/poster.0000001.jpg`], durationInMs: 20000, videoDetails: { widthInPx: 1280, heightInPx: 720 } }] },
  ],
};
const PROCESSING = { status: 'processing', jobId: 'job-1' } as const;

describe('progress', () => {
  test('only increases', async () => {
    await table.put(PROCESSING);
    await event(progress(7));
    await event(progress(40));
    await event(progress(30));
    await event(progress());
    expect(await table.get()).toMatchObject({ status: 'processing', progress: 40 });
  });

  test('records the job if the row has no job yet', async () => {
    await table.put({ status: 'uploaded' });
    await event(progress(7));
    expect(await table.get()).toMatchObject({ status: 'processing', jobId: 'job-1', progress: 7 });
  });
});

describe('the end', () => {
  test('records the renditions and keys of a completed job', async () => {
    await table.put(PROCESSING);
    await event(COMPLETE);
    expect(await table.get()).toMatchObject({
      status: 'ready',
      progress: 100,
      durationSeconds: 10.032,
      width: 1280,
      height: 720,
      media: { hls: `v/${VIDEO_ID}/1/hls/index.m3u8`, poster: `v/${VIDEO_ID}/1/poster/poster.0000001.jpg` },
      renditions: [{ codec: 'h264', width: 1280, height: 720, bitsPerSecond: 4_000_000 }, { codec: 'h264', width: 960, height: 540, bitsPerSecond: 1_234_567 }],
    });
  });

  test.each([['10', 'errored', 'too_long'], ['11', 'ready', undefined]])('with tooLongFrom %s, a result of 10.032 seconds makes the video %s', async (tooLongFrom, status, code) => {
    await table.put(PROCESSING);
    await event({ ...COMPLETE, userMetadata: { ...METADATA, tooLongFrom } });
    const row = await table.get();
    expect([row.status, row.error?.code, row.media !== undefined]).toEqual([status, code, status === 'ready']);
  });

  test('changes the video from uploaded to ready if its job was not recorded', async () => {
    await table.put({ status: 'uploaded' });
    await event(COMPLETE);
    expect(await table.get()).toMatchObject({ status: 'ready', jobId: 'job-1' });
  });

  test.each(['s3://elsewhere/v/a.jpg', `s3://media/v/${VIDEO_ID}/2/poster/poster.0000001.jpg`])('ignores a poster outside the attempt\'s prefix: %s', async (path) => {
    await table.put(PROCESSING);
    await event({ ...COMPLETE, outputGroupDetails: [COMPLETE.outputGroupDetails![0], { type: 'FILE_GROUP', outputDetails: [{ outputFilePaths: [path] }] }] });
    expect((await table.get()).media).toEqual({ hls: `v/${VIDEO_ID}/1/hls/index.m3u8` });
  });

  test.each(['Failed to read data: Access denied to [s3://sources/a]', 'Failed to download s3://sources/a'])('does not report a source as corrupt if MediaConvert has no access: %s', async (errorMessage) => {
    await table.put(PROCESSING);
    await event({ status: 'ERROR', errorCode: 1010, errorMessage });
    expect((await table.get()).error?.code).toBe('internal');
  });

  test.each<[Partial<JobEventDetail>, string]>([
    [{ status: 'ERROR', errorCode: 1010 }, 'corrupt'],
    [{ status: 'ERROR', errorCode: 1020 }, 'not_a_video'],
    [{ status: 'ERROR', errorCode: 1030 }, 'unsupported_codec'],
    [{ status: 'ERROR', errorCode: 1076 }, 'corrupt'],
    [{ status: 'ERROR', errorCode: 1404 }, 'internal'],
    [{ status: 'ERROR', errorCode: 1401 }, 'internal'],
    [{ status: 'ERROR', errorCode: 1434 }, 'internal'],
    [{ status: 'ERROR', errorCode: 1517 }, 'internal'],
    [{ status: 'ERROR', errorCode: 3457 }, 'internal'],
    [{ status: 'ERROR', errorCode: 1060 }, 'transcode_failed'],
    [{ status: 'ERROR', errorCode: 1999 }, 'transcode_failed'],
    [{ status: 'ERROR', errorCode: 4242 }, 'transcode_failed'],
    [{ status: 'ERROR' }, 'transcode_failed'],
    [{ status: 'CANCELED' }, 'transcode_failed'],
  ])('%j', async (detail, code) => {
    await table.put(PROCESSING);
    await event({ ...detail, errorMessage: 'Unable to open s3://sources/secret' });
    const { status, error } = await table.get();
    expect([status, error?.code]).toEqual(['errored', code]);
    expect(error?.message).not.toContain('s3://');
  });
});

describe('changes nothing', () => {
  test.each<[string, Parameters<Table['put']>[0], Partial<JobEventDetail>]>([
    ['progress after the end', { status: 'ready', jobId: 'job-1', progress: 100 }, progress(50)],
    ['an error after the end', { status: 'ready', jobId: 'job-1', progress: 100 }, { status: 'ERROR', errorCode: 1010 }],
    ['an end after an error', { status: 'errored', jobId: 'job-1' }, COMPLETE],
    ['a video that is being deleted', { status: 'deleting', jobId: 'job-1' }, COMPLETE],
    ['an earlier attempt', { status: 'processing', jobId: 'job-2', attempt: 2 }, { status: 'ERROR', errorCode: 1010 }],
    ['an earlier attempt, while the next attempt has no job', { status: 'uploaded', attempt: 2 }, COMPLETE],
    ['a second job of the attempt', { status: 'processing', jobId: 'job-0' }, { status: 'ERROR', errorCode: 1010 }],
    ['a job of another service', { status: 'uploaded' }, { ...COMPLETE, userMetadata: { guid: 'x' } }],
    ['a video that does not exist', { status: 'uploaded' }, { ...COMPLETE, userMetadata: { ...METADATA, videoId: VIDEO_ID.replace('b', 'e') } }],
  ])('%s', async (_, row, detail) => {
    await table.put(row);
    const before = await table.get();
    await event(detail);
    expect(await table.get()).toEqual(before);
  });
});

test('fails if the table cannot be written, so that Lambda retries the event', async () => {
  await expect(handler({ detail: { jobId: 'job-1', status: 'COMPLETE', userMetadata: METADATA, outputGroupDetails: [{ type: 'CMAF_GROUP', outputDetails: 5 as never }] } } as unknown as JobEvent))
    .rejects.toThrow();
});
