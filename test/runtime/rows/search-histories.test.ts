import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { CatalogTable, catalogTable, idOf } from './catalog-table';
import { RESULT } from './repository-setting';
import { cutFolded, derivedKeys, titleSort } from '../../../src/contract/derived-rows';
import type { VideoRow } from '../../../src/contract/table';
import { fold } from '../../../src/domain/fold';
import { isPresent } from '../../../src/domain/video-status';
import { VideoRepository, videoRepository } from '../../../src/runtime/rows/video-repository';

const RUNS = Number(process.env.HISTORIES ?? 15);
const DUE = new Date('2028-01-01T00:00:00Z');
const OWNERS = ['ann', 'ann#tag', 'titles#ann%23'];
const TITLES = ['Alpha', 'ALPHA', 'Alpha beta', 'Alphorn', '\u00c1lpha', 'ann#tag', `${'\ufdfa'.repeat(20)}1`, `${'\ufdfa'.repeat(20)}2`, '\u00b4'];
const TAGS = ['Sea', 'SE\u00c1', 'sun', 'tag#sea', `${'\ufdfa'.repeat(20)}1`, `${'\ufdfa'.repeat(20)}2`];
const VISIBILITIES = ['signed-in', 'unlisted', 'private'] as const;
const PREFIXES = ['a', 'alpha', 'alph', '\u00c1LPHA b', 'ann#', '\ufdfa'.repeat(20), `${'\ufdfa'.repeat(20)}2`, 'zzz'];

const texts = { title: fc.constantFrom(...TITLES), tags: fc.subarray(TAGS, { maxLength: 4 }), visibility: fc.constantFrom(...VISIBILITIES) };
const action = fc.oneof(
  fc.record({ kind: fc.constantFrom('create', 'ingest'), owner: fc.constantFrom(...OWNERS), ...texts }),
  fc.record({ kind: fc.constant('edit'), pick: fc.nat(), edit: fc.record({ ...texts, owner: fc.constantFrom(...OWNERS) }, { requiredKeys: [] }), isStale: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('publish', 'publish', 'publish', 'publish', 'fail', 'reopen', 'abort', 'expire', 'remove'), pick: fc.nat(), isStale: fc.boolean() }),
);
/** `at`: the index of the last request of the handler. */
const kill = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.record({ at: fc.integer({ min: 0, max: 4 }), when: fc.constantFrom('before', 'after') }) },
);
const step = fc.record({ actions: fc.array(fc.record({ action, kill }), { minLength: 1, maxLength: 3 }) });

class Killed extends Error {}

/** Returns the repository of a handler that is killed before or after the request with the index `end.at`. */
function killedAt(table: CatalogTable, clock: () => Date, end: { at: number; when: string } | null): VideoRepository {
  const client = table.direct();
  let sent = 0;
  client.middlewareStack.add((next) => async (args) => {
    const isLast = end !== null && sent++ >= end.at;
    if (isLast && end.when === 'before') throw new Killed();
    const result = await next(args);
    if (isLast) throw new Killed();
    return result;
  }, { step: 'initialize' });
  return videoRepository(table.tableName, { client, clock });
}

async function all(read: (page: { limit: number; from?: any }) => Promise<{ rows: VideoRow[]; next?: object }>, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let from: object | undefined;
  for (let pages = 0; pages < 200; pages++) {
    const { rows, next } = await read({ limit, from });
    expect(rows.length).toBeLessThanOrEqual(limit);
    ids.push(...rows.map(({ videoId }) => videoId));
    if (next === undefined) return ids;
    from = next;
  }
  throw new Error('the list has no end');
}

test('after any history of edits, publications, removals and killed handlers, the derived rows and the lists agree with the videos', async () => {
  let published = 0;
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), fc.constantFrom(1, 2, 5, 100), async (steps, limit) => {
    const table = await catalogTable();
    let time = Date.parse('2027-01-01T00:00:00Z');
    const clock = () => new Date(time += 1000);
    const seen = new Map<string, { row: VideoRow; details: object }>();
    const whole = videoRepository(table.tableName, { client: table.direct(), clock });
    let count = 0;

    async function act(given: any, videos: VideoRepository): Promise<void> {
      if (given.kind === 'create' || given.kind === 'ingest') {
        const { kind, owner, title, tags, visibility } = given;
        const videoId = idOf(count++);
        const video = { videoId, owner, title, tags, visibility, source: { bucket: 'b', key: videoId, fileName: 'a.mp4', contentType: 'video/mp4', size: 1 } };
        if (kind === 'create') await videos.create(video);
        else await videos.createIngested({ bucket: 'b', key: videoId, version: '1' }, video, {});
        seen.set(videoId, (await whole.findWhole(videoId))!);
        return;
      }
      const ids = [...seen.keys()];
      if (ids.length === 0) return;
      const videoId = ids[given.pick % ids.length];
      const current = given.isStale ? seen.get(videoId) : await videos.findWhole(videoId);
      if (!current) return;
      const { row } = current;
      switch (given.kind) {
        case 'edit': return void await videos.edit(current, given.edit);
        case 'fail': return void await videos.giveUp(videoId, row.attempt, { code: 'internal', message: 'x' }, DUE);
        case 'reopen': return void await videos.reopen(videoId, row.attempt);
        case 'abort': return void await videos.abortUpload(row, DUE);
        case 'expire': return void await videos.expireUpload(row, DUE);
        case 'remove':
          if (row.status === 'deleting' || row.error?.code === 'upload_expired') await videos.removeUpload(row);
          return;
        default:
          await videos.markUploaded(videoId, 1);
          await videos.recordJob(videoId, row.attempt, 'job');
          if (await videos.recordReady(videoId, row.attempt, RESULT) === 'changed') published++;
      }
    }

    for (const { actions } of steps) {
      await Promise.all(actions.map(({ action: given, kill: end }) => act(given, killedAt(table, clock, end)).catch((error) => {
        if (!(error instanceof Killed)) throw error;
      })));
    }

    const { Items = [] } = await DynamoDBDocumentClient.from(table.direct()).send(new ScanCommand({ TableName: table.tableName }));
    const rows = Items.filter(({ sk }) => sk === 'video') as VideoRow[];
    const sorted = (keys: readonly object[]) => keys.map((key) => JSON.stringify(key)).sort();
    const derived = Items.filter(({ pk }) => /^(tag|owntag|titles)#/.test(pk)).map(({ pk, sk, ...others }) => ({ pk, sk, ...others }));
    expect(sorted(derived)).toEqual(sorted(rows.flatMap(derivedKeys)));

    const descending = (key: (row: VideoRow) => string, wanted: (row: VideoRow) => boolean) => (
      rows.filter(wanted).sort((a, b) => (key(a) < key(b) ? 1 : -1)).map(({ videoId }) => videoId));
    for (const tag of TAGS.map(fold)) {
      const has = ({ tags }: VideoRow) => tags.some((each) => fold(each) === tag);
      expect(await all((page) => whole.listTagged(tag, page), limit)).toEqual(
        descending(({ listedAt }) => listedAt!, (row) => row.status === 'ready' && row.visibility === 'signed-in' && has(row)));
      for (const owner of OWNERS) {
        expect(await all((page) => whole.listOwnedTagged(owner, tag, page), limit)).toEqual(
          descending(({ videoId }) => videoId, (row) => row.owner === owner && isPresent(row.status) && has(row)));
      }
    }
    for (const owner of OWNERS) {
      for (const prefix of PREFIXES.map(fold)) {
        const sort = ({ title, videoId }: VideoRow) => Buffer.from(titleSort({ title: cutFolded(fold(title)), videoId }));
        expect(await all((page) => whole.listTitled(owner, prefix, page), limit)).toEqual(
          rows.filter((row) => row.owner === owner && isPresent(row.status) && fold(row.title).startsWith(prefix))
            .sort((a, b) => Buffer.compare(sort(a), sort(b))).map(({ videoId }) => videoId));
      }
    }
    await table.close();
  }), { numRuns: RUNS });
  // Histories without a published video would not test the public lists.
  expect(published).toBeGreaterThan(RUNS / 5);
}, 240_000);
