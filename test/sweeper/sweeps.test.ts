import { job, NOW, sweeperSetting } from './sweeper-setting';
import { videoKey, VideoRow } from '../../src/contract/table';
import { idOf } from '../runtime/rows/catalog-table';

const { clock, due, dueMany, jobs, messages, calls, objects, uploads, usageOf, clearUsage, row, sweep, tags, etags } = sweeperSetting();

const VIDEO_ID = idOf(0);

function source(given: Partial<VideoRow['source']>): VideoRow['source'] {
  return { bucket: 'sources', key: `source/${VIDEO_ID}/original`, fileName: 'a', contentType: 'video/mp4', size: 1000, dueAt: '2026-11-29T11:00:00.000Z', ...given };
}

/** The tested videos, by the state in which a sweep finds them. */
const CASES: Record<string, Partial<VideoRow>> = {
  'a video without a job': { status: 'uploaded' },
  'a job that runs': { status: 'processing', jobId: 'running' },
  'a job that is complete': { status: 'processing', jobId: 'complete' },
  'a job that failed': { status: 'processing', jobId: 'failed' },
  'a job that does not exist': { status: 'processing', jobId: 'gone' },
  'a job whose state cannot be read': { status: 'processing', jobId: 'untold' },
  'an unnecessary due time': { status: 'ready', progress: 100 },
  'a video after the last resubmit': { status: 'uploaded', resubmits: 7 },
  'an upload that expires': { status: 'waiting', createdAt: '2026-11-20T12:00:00.000Z', multipart: { id: 'open', partSize: 5 } },
  'an upload that is still active': { status: 'waiting', createdAt: '2026-11-29T00:00:00.000Z', multipart: { id: 'open', partSize: 5 } },
  'a complete file without an event': { status: 'waiting', createdAt: '2026-11-20T12:00:00.000Z', multipart: { id: 'complete', partSize: 5 } },
  'an expired upload': { status: 'errored', error: { code: 'upload_expired', message: 'no' }, multipart: { id: 'open', partSize: 5 } },
  'an aborted upload': { status: 'deleting', multipart: { id: 'open', partSize: 5 } },
  'a source that is deleted': { status: 'ready', source: source({}) },
  'a source with an ETag that is deleted': { status: 'ready', source: source({ etag: 'e1' }) },
  'a source that is archived': { status: 'ready', source: source({ size: 1_000_000 }) },
};

function reset(): void {
  clock.now = new Date(NOW);
  messages.length = calls.length = 0;
  jobs.set('running', job(VIDEO_ID, 1, { Status: 'PROGRESSING' }));
  jobs.set('complete', job(VIDEO_ID));
  jobs.set('failed', job(VIDEO_ID, 1, { Status: 'ERROR', ErrorCode: 1010 }));
  jobs.set('untold', new Error('socket hang up'));
  for (const all of [objects, uploads, tags, etags]) all.clear();
  uploads.set('open', [new Date('2026-11-20T13:00:00.000Z')]);
}

/** Returns the part of a row that does not depend on the time or the number of writes. */
async function stateOf(videoId = VIDEO_ID) {
  const inS3 = { objects: [...objects], tags: [...tags], uploads: [...uploads], usage: await usageOf('owner') };
  const stored = await row(videoId);
  if (!stored) return { ...inS3, isDue: false };
  const { version, updatedAt, dueAt, publishedAt, listedAt, claim, ...rest } = stored;
  const isAbandoned = claim?.abandoned;
  const isDue = dueAt !== undefined && dueAt <= clock.now.toISOString();
  return { ...inS3, ...rest, isAbandoned, isDue, publishedAt: publishedAt?.length, listedAt: listedAt?.length };
}

test.each(Object.entries(CASES))('%s: a sweep that stops at any request, and the next sweep, have the same result as one complete sweep', async (name, given) => {
  const sources = given.source && (name.includes('archived') ? 'archive' : 'delete');
  /** Restores the state before the sweep: the video, and its objects in S3. */
  const prepare = async () => {
    reset();
    await clearUsage('owner');
    if (given.source || given.multipart?.id === 'complete') objects.set(`source/${VIDEO_ID}/original`, 1234);
    if (given.source?.etag) etags.set(given.source.key, '"e1"');
    await due({ ...given, videoId: VIDEO_ID });
  };
  /** If a sweep recovers an upload, the next sweep can submit the video's job again. Therefore, the comparison ignores the number of resubmits. */
  const comparable = async () => {
    const state: Record<string, unknown> = await stateOf();
    if (given.multipart?.id === 'complete') delete state.resubmits;
    return state;
  };
  await prepare();
  expect((await sweep({ sources }))!.looked).toBe(1);
  const wanted = await comparable();
  expect(wanted.isDue).toBe(false);
  const count = calls.length;
  const sent = messages.length;
  expect(count).toBeGreaterThan(16);
  // The first 16 requests of a sweep are similar: one query for each partition. The test covers the last of these queries, and all later requests.
  for (let call = 15; call < count; call++) {
    for (const after of [false, true]) {
      await prepare();
      expect(await sweep({ sources, death: { call, after } })).toBeUndefined();
      clock.now = new Date(Date.parse(NOW) + 15 * 60_000);
      await sweep({ sources });
      clock.now = new Date(NOW);
      expect({ call, after, state: await comparable() }).toEqual({ call, after, state: wanted });
      // A sweep can send a message twice, but must not omit a message.
      expect(messages.length).toBeGreaterThanOrEqual(sent);
      expect(messages.length).toBeLessThanOrEqual(sent + 1);
    }
  }
});

test('two concurrent sweeps have the result of one sweep, without errors and repeated writes', async () => {
  const cases = Object.values(CASES);
  const ids = await Promise.all(Array.from({ length: 42 }, (_, n) => due({ ...cases[n % cases.length], jobId: cases[n % cases.length].jobId && `${n}` })));
  ids.forEach((videoId, n) => {
    const { jobId } = cases[n % cases.length];
    if (jobId === 'untold') jobs.set(`${n}`, new Error('socket hang up'));
    else if (jobId && jobId !== 'gone') jobs.set(`${n}`, job(videoId, 1, { running: { Status: 'PROGRESSING' as const }, failed: { Status: 'ERROR' as const } }[jobId]));
  });
  expect((await Promise.all([sweep(), sweep()])).map((report) => report?.failed)).toEqual([0, 0]);
  const isRemoved = (n: number) => /an (expired|aborted) upload/.test(Object.keys(CASES)[n % cases.length]);
  for (const [n, videoId] of ids.entries()) expect((await row(videoId))?.version).toBe(isRemoved(n) ? undefined : 2);
  expect(await sweep()).toEqual({ looked: 0, failed: 0, complete: true });
});

test('a sweep of 2,000 due videos stops before its timeout, and the next sweep continues, earliest due time first', async () => {
  const COUNT = 2000;
  // The order of due times differs from the order of ids and partitions.
  const minutesOf = (n: number) => 1 + (n * 7919) % COUNT;
  await dueMany(Array.from({ length: COUNT }, (_, n) => ({ videoId: idOf(n), minutes: minutesOf(n) })));
  const order: string[] = [];
  const before = async (name: string, { Key }: any) => {
    if (name === 'UpdateItemCommand') order.push(Key.pk);
  };
  for (let sweeps = 0; sweeps < 2; sweeps++) {
    let left = 330_000;
    // The sweep stops 30 seconds before its timeout.
    expect(await sweep({ before, left: () => (left -= 1000) })).toEqual({ looked: 300, failed: 0, complete: false });
  }
  const longestDue = Array.from({ length: COUNT }, (_, n) => n).sort((a, b) => minutesOf(b) - minutesOf(a));
  expect(order).toEqual(longestDue.slice(0, 600).map((n) => videoKey(idOf(n)).pk));
  expect(calls.filter((name) => name !== 'QueryCommand')).toHaveLength(2 * 600);
  expect(calls.length).toBeLessThan(2 * 600 + 2 * 16 + 16);
}, 60_000);
