import { TooManyRequestsException } from '@aws-sdk/client-mediaconvert';
import { job, NOW, sweeperSetting } from './sweeper-setting';
import type { VideoRow } from '../../src/contract/table';

const { clock, due, jobs, messages, calls, logged, objects, uploads, usageOf, row, sweep, newId } = sweeperSetting();

const inMinutes = (minutes: number) => new Date(Date.parse(NOW) + minutes * 60_000).toISOString();
const PROCESSING: Partial<VideoRow> = { status: 'processing', jobId: 'job-1', progress: 50 };

/** Creates a due video, runs a sweep, and returns the video's row. */
async function swept(given: Partial<VideoRow>): Promise<VideoRow> {
  const videoId = await due(given);
  expect(await sweep()).toEqual({ looked: 1, failed: 0, complete: true });
  return (await row(videoId))!;
}

describe('uploaded', () => {
  test('an uploaded video is resubmitted and due again in an hour', async () => {
    const { videoId, status, attempt, dueAt, version, resubmits } = await swept({ status: 'uploaded', attempt: 3 });
    expect(messages).toEqual([JSON.stringify({ videoId, attempt: 3 })]);
    expect({ status, attempt, dueAt, version, resubmits }).toEqual({ status: 'uploaded', attempt: 3, dueAt: inMinutes(60), version: 2, resubmits: 1 });
  });

  test('an uploaded video becomes errored after seven resubmits, and a later message can start the next attempt', async () => {
    const videoId = await due({ status: 'uploaded', claim: { attempt: 1, token: 'dead', startedAt: inMinutes(-60) } });
    const looks: number[] = [];
    for (let dueAt: string | undefined = NOW; dueAt !== undefined; dueAt = (await row(videoId))!.dueAt) {
      clock.now = new Date(dueAt);
      looks.push((clock.now.getTime() - Date.parse(NOW)) / 3_600_000);
      await sweep();
    }
    expect(looks).toEqual([0, 1, 3, 7, 15, 31, 55, 79]);
    expect(messages).toHaveLength(7);
    expect(await row(videoId)).toMatchObject({ status: 'errored', error: { code: 'internal' }, claim: { attempt: 1, abandoned: true }, version: 9 });
  });

  test('an uploaded video is not resubmitted while its claim is valid', async () => {
    const claim = { attempt: 1, token: 'alive', startedAt: inMinutes(-4) };
    expect(await swept({ status: 'uploaded', claim, resubmits: 7 })).toMatchObject({ status: 'uploaded', dueAt: inMinutes(15), resubmits: 7 });
    expect(messages).toEqual([]);
  });

  test('a video that is not due yet does not change', async () => {
    const videoId = await due({ status: 'uploaded' }, -1);
    expect(await sweep()).toEqual({ looked: 0, failed: 0, complete: true });
    expect([messages, (await row(videoId))?.version]).toEqual([[], 1]);
  });
});

describe('processing', () => {
  test.each(['SUBMITTED', 'PROGRESSING'] as const)('a video is due again in an hour if its job is %s', async (Status) => {
    const videoId = newId();
    jobs.set('job-1', job(videoId, 1, { Status }));
    expect(await swept({ ...PROCESSING, videoId })).toMatchObject({ status: 'processing', progress: 50, dueAt: inMinutes(60), version: 2 });
  });

  test('a video becomes ready if its job is complete, with the same row as after the job event', async () => {
    const videoId = newId();
    jobs.set('job-1', job(videoId, 2));
    const { dueAt, dueShard, ...ready } = await swept({ ...PROCESSING, videoId, attempt: 2 });
    expect(ready).toMatchObject({
      status: 'ready',
      progress: 100,
      durationSeconds: 60.032,
      width: 640,
      height: 360,
      media: { hls: `v/${videoId}/2/hls/index.m3u8`, poster: `v/${videoId}/2/poster/poster.0000001.jpg` },
      renditions: [{ codec: 'h264', width: 640, height: 360, bitsPerSecond: 1_000_000 }, { codec: 'h264', width: 426, height: 240, bitsPerSecond: 350_000 }],
    });
    expect([dueAt, dueShard]).toEqual([undefined, undefined]);
  });

  test('a video ends with the error too_long if the result of its job reaches the limit', async () => {
    const videoId = newId();
    jobs.set('job-1', job(videoId, 1, { UserMetadata: { videoId, attempt: '1', tooLongFrom: '60' } }));
    expect(await swept({ ...PROCESSING, videoId })).toMatchObject({ status: 'errored', error: { code: 'too_long' } });
  });

  test('a video becomes ready even if the API returns no outputs of its complete job', async () => {
    const videoId = newId();
    jobs.set('job-1', job(videoId, 1, { Settings: undefined, OutputGroupDetails: undefined }));
    expect((await swept({ ...PROCESSING, videoId })).media).toEqual({ hls: `v/${videoId}/1/hls/index.m3u8` });
  });

  test.each([
    [{ Status: 'ERROR', ErrorCode: 1010, ErrorMessage: 'Unable to open s3://sources/secret' }, 'corrupt'],
    [{ Status: 'ERROR', ErrorCode: 1401 }, 'internal'],
    [{ Status: 'CANCELED' }, 'transcode_failed'],
  ] as const)('a video becomes errored if its job is %j', async (more, code) => {
    const videoId = newId();
    jobs.set('job-1', job(videoId, 1, more));
    const { status, error, dueAt } = await swept({ ...PROCESSING, videoId });
    expect([status, error?.code, dueAt]).toEqual(['errored', code, undefined]);
    expect(error?.message).not.toContain('s3://');
  });

  test('a video ends with the error internal if MediaConvert does not know its job', async () => {
    expect(await swept(PROCESSING)).toMatchObject({ status: 'errored', error: { code: 'internal' } });
  });

  test('a video whose job MediaConvert does not know yet does not change in the first five minutes', async () => {
    expect(await swept({ ...PROCESSING, updatedAt: inMinutes(-5) })).toMatchObject({ status: 'processing', dueAt: inMinutes(15) });
  });

  test.each([
    new TooManyRequestsException({ message: 'slow down', $metadata: {} }), Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }),
  ])('a video is due again in 15 minutes if MediaConvert does not respond (%s)', async (error) => {
    jobs.set('job-1', error);
    expect(await swept(PROCESSING)).toMatchObject({ status: 'processing', dueAt: inMinutes(15), version: 2 });
  });

  test('a job of another attempt does not change the video', async () => {
    const videoId = await due({ ...PROCESSING, attempt: 2 });
    jobs.set('job-1', job(videoId, 1));
    expect(await sweep()).toEqual({ looked: 1, failed: 1, complete: true });
    expect(await row(videoId)).toMatchObject({ status: 'processing', dueAt: inMinutes(60) });
  });
});

const hoursAgo = (hours: number) => inMinutes(-60 * hours);
const keyOf = (videoId: string) => `source/${videoId}/original`;
const PARTED = { multipart: { id: 'upload-1', partSize: 5 } };

describe('waiting', () => {
  test('an upload that started less than 24 hours ago is due when it expires, without a look at its parts', async () => {
    expect(await swept({ status: 'waiting', createdAt: hoursAgo(1), ...PARTED })).toMatchObject({ status: 'waiting', dueAt: inMinutes(23 * 60), ...PARTED });
    expect(calls).not.toContain('ListPartsCommand');
  });

  test('an upload is due 24 hours after its last part, on any page', async () => {
    uploads.set('upload-1', [new Date(hoursAgo(30)), new Date(hoursAgo(2)), new Date(hoursAgo(20))]);
    expect(await swept({ status: 'waiting', createdAt: hoursAgo(40), ...PARTED })).toMatchObject({ status: 'waiting', dueAt: inMinutes(22 * 60) });
    expect(uploads.size).toBe(1);
  });

  test.each([
    ['with parts', PARTED, [new Date(hoursAgo(24))]], ['without parts', PARTED, []], ['whose parts S3 has deleted', PARTED, undefined], ['with one PUT request', {}, undefined],
  ])('an upload %s expires 24 hours after the last sign of life', async (_, given, parts) => {
    if (parts) uploads.set('upload-1', parts);
    expect(await swept({ status: 'waiting', createdAt: hoursAgo(24), owner: 'ann', ...given })).toMatchObject({
      status: 'errored', error: { code: 'upload_expired' }, dueAt: inMinutes(7 * 24 * 60), version: 2,
    });
    expect(uploads.size).toBe(0);
    expect(await usageOf('ann')).toEqual({ openUploads: -1, storedBytes: -1000 });
  });

  test.each([1, 48])('a complete file without an event is recorded %i hours after the request, and its job is requested', async (hours) => {
    const videoId = newId();
    objects.set(keyOf(videoId), 1234);
    expect(await swept({ videoId, status: 'waiting', createdAt: hoursAgo(hours), ...PARTED })).toMatchObject({ status: 'uploaded', source: { size: 1234 } });
    expect(messages).toEqual([JSON.stringify({ videoId, attempt: 1 })]);
  });

  test('a file that becomes complete while the upload expires is recorded', async () => {
    const videoId = await due({ status: 'waiting', createdAt: hoursAgo(48), ...PARTED });
    uploads.set('upload-1', [new Date(hoursAgo(30))]);
    const before = async (commandName: string) => {
      if (commandName === 'AbortMultipartUploadCommand') {
        uploads.clear();
        objects.set(keyOf(videoId), 10);
      }
    };
    await sweep({ before });
    expect(await row(videoId)).toMatchObject({ status: 'uploaded', source: { size: 10 } });
  });

  test('a sweeper without uploads postpones the video', async () => {
    const videoId = await due({ status: 'waiting', createdAt: hoursAgo(48) });
    await sweep({ endsUploads: false });
    expect(await row(videoId)).toMatchObject({ status: 'waiting', dueAt: inMinutes(60) });
  });
});

describe('ended uploads', () => {
  test.each([
    ['expired', { status: 'errored', error: { code: 'upload_expired', message: 'no' } }, { videos: -1 }], ['was aborted', { status: 'deleting' }, {}],
  ] as const)('a video whose upload %s is removed with its parts and its file', async (_, given, usage) => {
    const videoId = newId();
    objects.set(keyOf(videoId), 10);
    objects.set(keyOf(newId()), 10);
    uploads.set('upload-1', []);
    await due({ videoId, owner: 'ann', ...given, ...PARTED });
    expect(await sweep()).toEqual({ looked: 1, failed: 0, complete: true });
    expect([await row(videoId), uploads.size, objects.size]).toEqual([undefined, 0, 1]);
    expect(await usageOf('ann')).toEqual(usage);
    expect(await sweep()).toEqual({ looked: 0, failed: 0, complete: true });
  });
});

describe('other videos', () => {
  test.each(['held', 'ready', 'errored'] as const)('a video that is %s has no due time after the sweep', async (status) => {
    const { dueAt, dueShard, version, ...rest } = await swept({ status });
    expect([rest.status, dueAt, dueShard, version]).toEqual([status, undefined, undefined, 2]);
    expect([messages, calls.filter((name) => name === 'GetJobCommand')]).toEqual([[], []]);
  });

  test('a video with an unknown status is postponed', async () => {
    expect(await swept({ status: 'archived' as VideoRow['status'] })).toMatchObject({ status: 'archived', dueAt: inMinutes(60) });
  });

  test('sends no requests to SQS or MediaConvert without transcoding', async () => {
    const ids = [await due({ status: 'uploaded' }), await due(PROCESSING)];
    expect(await sweep({ transcodes: false })).toEqual({ looked: 2, failed: 0, complete: true });
    for (const videoId of ids) expect((await row(videoId))?.dueAt).toBe(inMinutes(60));
    expect(calls).not.toContain('GetJobCommand');
    expect(messages).toEqual([]);
  });
});

describe('a video that cannot be settled', () => {
  test('a video that cannot be settled is postponed and does not stop the other videos', async () => {
    const bad = await due({ ...PROCESSING, jobId: 'job-2' }, 30);
    jobs.set('job-2', job(bad, 5));
    const good = await due({ status: 'uploaded' }, 20);
    expect(await sweep()).toEqual({ looked: 2, failed: 1, complete: true });
    expect(messages).toEqual([JSON.stringify({ videoId: good, attempt: 1 })]);
    expect(await row(bad)).toMatchObject({ status: 'processing', dueAt: inMinutes(60) });
    expect(logged.some((line) => line.includes('video not settled') && line.includes(bad))).toBe(true);
  });

  test('many rows of a newer format are not written, do not stop the other videos, and are logged once', async () => {
    const newer = Array.from({ length: 120 }, newId).filter((videoId) => videoId.endsWith('7'));
    // A sweep needs several pages to read 60 rows of one index partition.
    while (newer.length < 60) newer.push(...Array.from({ length: 16 }, newId).filter((videoId) => videoId.endsWith('7')));
    for (const videoId of newer) await due({ videoId, status: 'uploaded', schemaVersion: 99 }, 30);
    const good = await due({ videoId: newer[0].replace('019aa', '019ab'), status: 'uploaded' }, 20);
    const before = await row(newer[0]);
    for (let sweeps = 0; sweeps < 2; sweeps++) expect(await sweep()).toEqual({ looked: 61 - sweeps, failed: 60, complete: true });
    expect(messages).toEqual([JSON.stringify({ videoId: good, attempt: 1 })]);
    expect(await row(newer[0])).toEqual(before);
    expect(calls.filter((name) => name === 'UpdateItemCommand')).toHaveLength(1);
    expect(logged.filter((line) => line.includes('newer format'))).toEqual(Array(2).fill(expect.stringContaining('"count":60')));
  });

  test('a video that cannot be postponed stays due', async () => {
    const bad = await due({ status: 'uploaded' }, 30);
    const good = await due({ status: 'uploaded' }, 20);
    const before = async (_: string, { Key }: any) => {
      if (JSON.stringify(Key ?? {}).includes(bad)) throw new Error('throttled');
    };
    expect(await sweep({ before })).toEqual({ looked: 2, failed: 1, complete: true });
    expect([(await row(bad))?.dueAt, (await row(good))?.dueAt]).toEqual([inMinutes(-30), inMinutes(60)]);
    // The sweeper writes only rows that it has read.
    expect(calls.filter((name) => name === 'UpdateItemCommand')).toHaveLength(1);
    await sweep();
    expect((await row(bad))?.dueAt).toBe(inMinutes(60));
  });
});

describe('concurrent changes', () => {
  const change = (videoId: string, changed: Partial<VideoRow>) => async (name: string) => {
    // The change happens between the read of the row and the next request.
    if (name === 'GetJobCommand' || name === 'SendMessageCommand') await due({ videoId, ...changed }, -90);
  };

  test('a row that changes during the sweep keeps its due time', async () => {
    const videoId = await due({ status: 'uploaded' });
    await sweep({ before: change(videoId, { status: 'processing', jobId: 'job-1', version: 2 }) });
    expect(await row(videoId)).toMatchObject({ status: 'processing', dueAt: inMinutes(90), version: 2 });
  });

  test('a row that changes to the same due time is not overwritten, because its version differs', async () => {
    const videoId = await due({ status: 'uploaded' });
    await sweep({ before: async (name) => { if (name === 'SendMessageCommand') await due({ videoId, status: 'processing', jobId: 'job-1', version: 2 }); } });
    expect(await row(videoId)).toMatchObject({ status: 'processing', dueAt: inMinutes(-1), version: 2 });
  });

  test('a video that becomes ready during the sweep stays ready for any state of its job', async () => {
    const videoId = await due(PROCESSING);
    await sweep({ before: change(videoId, { status: 'ready', version: 2, progress: 100 }) });
    expect(await row(videoId)).toMatchObject({ status: 'ready', version: 2 });
  });

  test('a video that was deleted or is no longer due is ignored', async () => {
    const moved = await due({ status: 'uploaded' });
    let isRead = false;
    await sweep({
      before: async (name) => {
        if (name !== 'GetItemCommand' || isRead) return;
        isRead = true;
        await due({ videoId: moved, status: 'uploaded', version: 5 }, -30);
      },
    });
    expect([messages, (await row(moved))?.version]).toEqual([[], 5]);
  });
});

test('a postponed video is due again later', async () => {
  const videoId = await due({ status: 'uploaded' });
  await sweep();
  clock.now = new Date(Date.parse(NOW) + 61 * 60_000);
  await sweep();
  expect(messages).toEqual(Array.from({ length: 2 }, () => JSON.stringify({ videoId, attempt: 1 })));
});
