import { TooManyRequestsException } from '@aws-sdk/client-mediaconvert';
import { job, NOW, sweeperSetting } from './sweeper-setting';
import type { VideoRow } from '../../src/contract/table';

const { clock, due, jobs, messages, calls, logged, row, sweep, newId } = sweeperSetting();

const inMinutes = (minutes: number) => new Date(Date.parse(NOW) + minutes * 60_000).toISOString();
const PROCESSING: Partial<VideoRow> = { status: 'processing', jobId: 'job-1', progress: 50 };

/** Sweeps, and returns what became of the one video that is due. */
async function swept(given: Partial<VideoRow>): Promise<VideoRow> {
  const videoId = await due(given);
  expect(await sweep()).toEqual({ looked: 1, failed: 0, complete: true });
  return (await row(videoId))!;
}

describe('uploaded', () => {
  test('is submitted again, and looked at in an hour', async () => {
    const { videoId, status, attempt, dueAt, version, resubmits } = await swept({ status: 'uploaded', attempt: 3 });
    expect(messages).toEqual([JSON.stringify({ videoId, attempt: 3 })]);
    expect({ status, attempt, dueAt, version, resubmits }).toEqual({ status: 'uploaded', attempt: 3, dueAt: inMinutes(60), version: 2, resubmits: 1 });
  });

  test('for days: seven messages, each waits longer, then the video has an end that a message moved back may undo', async () => {
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

  test('one that is being submitted is left to its submitter', async () => {
    const claim = { attempt: 1, token: 'alive', startedAt: inMinutes(-4) };
    expect(await swept({ status: 'uploaded', claim, resubmits: 7 })).toMatchObject({ status: 'uploaded', dueAt: inMinutes(15), resubmits: 7 });
    expect(messages).toEqual([]);
  });

  test('a video that is not due yet is left alone', async () => {
    const videoId = await due({ status: 'uploaded' }, -1);
    expect(await sweep()).toEqual({ looked: 0, failed: 0, complete: true });
    expect([messages, (await row(videoId))?.version]).toEqual([[], 1]);
  });
});

describe('processing', () => {
  test.each(['SUBMITTED', 'PROGRESSING'] as const)('a job that is %s is asked about again in an hour', async (Status) => {
    const videoId = newId();
    jobs.set('job-1', job(videoId, 1, { Status }));
    expect(await swept({ ...PROCESSING, videoId })).toMatchObject({ status: 'processing', progress: 50, dueAt: inMinutes(60), version: 2 });
  });

  test('complete: ready, as by its event', async () => {
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

  test('complete, and as long as the limit: too long', async () => {
    const videoId = newId();
    jobs.set('job-1', job(videoId, 1, { UserMetadata: { videoId, attempt: '1', tooLongFrom: '60' } }));
    expect(await swept({ ...PROCESSING, videoId })).toMatchObject({ status: 'errored', error: { code: 'too_long' } });
  });

  test('complete, and the API tells nothing of its outputs: ready all the same', async () => {
    const videoId = newId();
    jobs.set('job-1', job(videoId, 1, { Settings: undefined, OutputGroupDetails: undefined }));
    expect((await swept({ ...PROCESSING, videoId })).media).toEqual({ hls: `v/${videoId}/1/hls/index.m3u8` });
  });

  test.each([
    [{ Status: 'ERROR', ErrorCode: 1010, ErrorMessage: 'Unable to open s3://sources/secret' }, 'corrupt'],
    [{ Status: 'ERROR', ErrorCode: 1401 }, 'internal'],
    [{ Status: 'CANCELED' }, 'transcode_failed'],
  ] as const)('%j: errored', async (more, code) => {
    const videoId = newId();
    jobs.set('job-1', job(videoId, 1, more));
    const { status, error, dueAt } = await swept({ ...PROCESSING, videoId });
    expect([status, error?.code, dueAt]).toEqual(['errored', code, undefined]);
    expect(error?.message).not.toContain('s3://');
  });

  test('a job that MediaConvert does not know: internal', async () => {
    expect(await swept(PROCESSING)).toMatchObject({ status: 'errored', error: { code: 'internal' } });
  });

  test('a job that MediaConvert does not know yet, five minutes after it was written down', async () => {
    expect(await swept({ ...PROCESSING, updatedAt: inMinutes(-5) })).toMatchObject({ status: 'processing', dueAt: inMinutes(15) });
  });

  test.each([
    new TooManyRequestsException({ message: 'slow down', $metadata: {} }), Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }),
  ])('MediaConvert does not answer (%s): in a quarter of an hour', async (error) => {
    jobs.set('job-1', error);
    expect(await swept(PROCESSING)).toMatchObject({ status: 'processing', dueAt: inMinutes(15), version: 2 });
  });

  test('another attempt\'s job decides nothing', async () => {
    const videoId = await due({ ...PROCESSING, attempt: 2 });
    jobs.set('job-1', job(videoId, 1));
    expect(await sweep()).toEqual({ looked: 1, failed: 1, complete: true });
    expect(await row(videoId)).toMatchObject({ status: 'processing', dueAt: inMinutes(60) });
  });
});

describe('anything else', () => {
  test.each(['waiting', 'held', 'ready', 'errored', 'deleting'] as const)('%s: its due time is removed', async (status) => {
    const { dueAt, dueShard, version, ...rest } = await swept({ status });
    expect([rest.status, dueAt, dueShard, version]).toEqual([status, undefined, undefined, 2]);
    expect([messages, calls.filter((name) => name === 'GetJobCommand')]).toEqual([[], []]);
  });

  test('a status of a newer version is looked at later', async () => {
    expect(await swept({ status: 'archived' as VideoRow['status'] })).toMatchObject({ status: 'archived', dueAt: inMinutes(60) });
  });

  test('without transcoding nothing is asked of it', async () => {
    const ids = [await due({ status: 'uploaded' }), await due(PROCESSING)];
    expect(await sweep({ transcodes: false })).toEqual({ looked: 2, failed: 0, complete: true });
    for (const videoId of ids) expect((await row(videoId))?.dueAt).toBe(inMinutes(60));
    expect(calls).not.toContain('GetJobCommand');
    expect(messages).toEqual([]);
  });
});

describe('one bad video', () => {
  test('does not stop the others, and is put off', async () => {
    const bad = await due({ ...PROCESSING, jobId: 'job-2' }, 30);
    jobs.set('job-2', job(bad, 5));
    const good = await due({ status: 'uploaded' }, 20);
    expect(await sweep()).toEqual({ looked: 2, failed: 1, complete: true });
    expect(messages).toEqual([JSON.stringify({ videoId: good, attempt: 1 })]);
    expect(await row(bad)).toMatchObject({ status: 'processing', dueAt: inMinutes(60) });
    expect(logged.some((line) => line.includes('video not settled') && line.includes(bad))).toBe(true);
  });

  test('rows of a newer format are not written, however many are due before the others, and the log names them once', async () => {
    const newer = Array.from({ length: 120 }, newId).filter((videoId) => videoId.endsWith('7'));
    // More than a page of one partition.
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

  test('that can\'t even be put off stays due', async () => {
    const bad = await due({ status: 'uploaded' }, 30);
    const good = await due({ status: 'uploaded' }, 20);
    const before = async (_: string, { Key }: any) => {
      if (JSON.stringify(Key ?? {}).includes(bad)) throw new Error('throttled');
    };
    expect(await sweep({ before })).toEqual({ looked: 2, failed: 1, complete: true });
    expect([(await row(bad))?.dueAt, (await row(good))?.dueAt]).toEqual([inMinutes(-30), inMinutes(60)]);
    // It was not read, so it was not written either.
    expect(calls.filter((name) => name === 'UpdateItemCommand')).toHaveLength(1);
    await sweep();
    expect((await row(bad))?.dueAt).toBe(inMinutes(60));
  });
});

describe('late', () => {
  const change = (videoId: string, changed: Partial<VideoRow>) => async (name: string) => {
    // Between the read of the row and what follows from it.
    if (name === 'GetJobCommand' || name === 'SendMessageCommand') await due({ videoId, ...changed }, -90);
  };

  test('a row that was written in between keeps its due time', async () => {
    const videoId = await due({ status: 'uploaded' });
    await sweep({ before: change(videoId, { status: 'processing', jobId: 'job-1', version: 2 }) });
    expect(await row(videoId)).toMatchObject({ status: 'processing', dueAt: inMinutes(90), version: 2 });
  });

  test('with the same due time, too: the version tells', async () => {
    const videoId = await due({ status: 'uploaded' });
    await sweep({ before: async (name) => { if (name === 'SendMessageCommand') await due({ videoId, status: 'processing', jobId: 'job-1', version: 2 }); } });
    expect(await row(videoId)).toMatchObject({ status: 'processing', dueAt: inMinutes(-1), version: 2 });
  });

  test('a video that became ready in between stays ready, whatever the job is now', async () => {
    const videoId = await due(PROCESSING);
    await sweep({ before: change(videoId, { status: 'ready', version: 2, progress: 100 }) });
    expect(await row(videoId)).toMatchObject({ status: 'ready', version: 2 });
  });

  test('a video that is gone, or no longer due, since the index was read', async () => {
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

test('what was put off is due again', async () => {
  const videoId = await due({ status: 'uploaded' });
  await sweep();
  clock.now = new Date(Date.parse(NOW) + 61 * 60_000);
  await sweep();
  expect(messages).toEqual(Array.from({ length: 2 }, () => JSON.stringify({ videoId, attempt: 1 })));
});
