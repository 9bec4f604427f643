import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { PUBLICATION_BUGS } from './publication-bugs';
import type { VideoRow } from '../../src/contract/table';
import { addFaults, faults, invoke, Turns } from '../histories/invocations';
import { loadSources, PlantedBug } from '../histories/sources';
import { CatalogTable, catalogTable, idOf } from '../runtime/rows/catalog-table';
import { RESULT } from '../runtime/rows/repository-setting';

const HISTORIES = Number(process.env.HISTORIES ?? 40);
const SEED = Number(process.env.SEED ?? 20261201);
const SOURCE_FILES = ['runtime/rows/video-repository', 'runtime/rows/due-videos', 'sweeper/sweep-videos.runtime'];
type Sources = typeof import('../../src/runtime/rows/video-repository') & typeof import('../../src/runtime/rows/due-videos')
  & typeof import('../../src/sweeper/sweep-videos.runtime');

const START = Date.parse('2027-01-01T00:00:00Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const TAGS = ['sea', 'sun'];

/** Minutes after the current time. Negative: a time in the past. */
const minutes = fc.constantFrom(-60, -5, 5, 20, 60, 180);
const edited = fc.record({
  publishAt: fc.option(minutes), unpublishAt: fc.option(minutes), visibility: fc.constantFrom('signed-in', 'signed-in', 'unlisted', 'private'), tags: fc.subarray(TAGS),
}, { requiredKeys: [] });
const action = fc.record({
  kind: fc.constantFrom('create', 'finish', 'finish', 'edit', 'edit', 'edit', 'sweep', 'sweep', 'sweep'),
  pick: fc.nat(3),
  edit: edited,
  fault: faults(8, ['never', 'now', 'later']),
});
const rounds = fc.array(fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 3 }),
  order: fc.nat(),
  isLate: fc.boolean(),
  isDenied: fc.boolean(),
  minutes: fc.constantFrom(0, 1, 10, 30, 90),
}), { minLength: 6, maxLength: 16 });
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

let table: CatalogTable;
beforeAll(async () => {
  table = await catalogTable();
  for (const level of ['info', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation(() => undefined);
});
afterAll(() => table.close());

/** The rules of publication times, computed without the tested code. */
const isOpenAt = ({ publishAt, unpublishAt }: VideoRow, now: number) => !(Date.parse(publishAt!) > now) && !(Date.parse(unpublishAt!) <= now);
const isShownAt = (row: VideoRow, now: number) => row.status === 'ready' && row.visibility === 'signed-in' && isOpenAt(row, now);

const reached = { published: 0, unpublished: 0, delayed: 0 };

class World {
  now = START;
  isDenied = false;
  /** The time of the last sweep in which a request failed. */
  lastFault = -Infinity;
  readonly turns = new Turns();
  private count = 0;
  private readonly ids: string[] = [];
  private readonly direct = table.direct();
  private readonly options = { clock: () => new Date(this.now), sourceLifecycle: { action: 'delete', afterSeconds: 45 * 60 } } as const;
  readonly videos;

  constructor(private readonly sources: Sources) {
    this.videos = sources.videoRepository(table.tableName, { client: this.direct, ...this.options });
  }

  run(each: Action): Promise<unknown> {
    const client = table.direct();
    addFaults(client);
    if (each.kind === 'sweep' && each.fault) this.lastFault = this.now;
    return invoke(() => this.act(each, client), each.fault, this.turns).catch((error) => {
      if (error.name !== 'TimeoutError') throw error;
    });
  }

  private async act({ kind, pick, edit: { publishAt, unpublishAt, ...others } }: Action, client: ReturnType<CatalogTable['direct']>): Promise<void> {
    const videos = this.sources.videoRepository(table.tableName, { client, ...this.options });
    const at = (given: number | null | undefined) => (typeof given === 'number' ? new Date(this.now + given * MINUTE).toISOString() : given);
    const times = { ...(publishAt !== undefined && { publishAt: at(publishAt) }), ...(unpublishAt !== undefined && { unpublishAt: at(unpublishAt) }) };
    if (kind === 'sweep') return void await this.sweep(client);
    if (kind === 'create') {
      const videoId = idOf(this.count++);
      this.ids.push(videoId);
      await videos.create({
        videoId, owner: 'ann', title: 'A title', tags: others.tags ?? ['sea'], visibility: (others.visibility ?? 'signed-in') as VideoRow['visibility'],
        publishAt: times.publishAt ?? undefined, unpublishAt: times.unpublishAt ?? undefined,
        source: { bucket: 'sources', key: `source/${videoId}/original`, fileName: 'a.mp4', contentType: 'video/mp4', size: 1 },
      });
      await videos.markUploaded(videoId, 1);
      await videos.recordJob(videoId, 1, 'job');
      return;
    }
    const videoId = this.ids[pick % Math.max(1, this.ids.length)];
    if (videoId === undefined) return;
    if (kind === 'finish') return void await videos.recordReady(videoId, 1, RESULT);
    const whole = await videos.findWhole(videoId);
    if (whole) await videos.edit(whole, { ...others, ...times } as Parameters<typeof videos.edit>[1]);
  }

  async sweep(client = this.direct): Promise<unknown> {
    const { videoRepository, dueVideos, sweepVideos } = this.sources;
    const change = async () => (this.isDenied ? 'denied' as const : 'deleted' as const);
    return sweepVideos({
      videos: videoRepository(table.tableName, { client, ...this.options }),
      // The 16 queries of a sweep have no faults and take no turns, so that its writes overlap with other actions more often.
      due: { ...dueVideos(table.tableName, client), listDue: dueVideos(table.tableName, this.direct).listDue },
      clock: this.options.clock,
      sources: { objects: { delete: change, archive: change } as never, action: 'delete', prefixes: [{ bucket: 'sources', prefix: 'source/' }] },
    })({}, { getRemainingTimeInMillis: () => 600_000 });
  }

  async items() {
    const { Items = [] } = await DynamoDBDocumentClient.from(this.direct).send(new ScanCommand({ TableName: table.tableName }));
    return { rows: Items.filter(({ sk }) => sk === 'video') as VideoRow[], tags: Items.filter(({ pk }) => pk.startsWith('tag#')).map(({ pk, sk }) => `${pk} ${sk}`).sort() };
  }
}

/** These conditions are true after every write. */
async function checkAlways(world: World): Promise<VideoRow[]> {
  const { rows, tags } = await world.items();
  const { now, videos } = world;
  expect(tags).toEqual(rows.flatMap((row) => (row.listedAt === undefined ? [] : row.tags.map((tag) => `tag#${tag} ${row.listedAt}`))).sort());
  const published = (await videos.listPublished({ limit: 100 })).rows;
  const tagged = await Promise.all(TAGS.map(async (tag) => (await videos.listTagged(tag, { limit: 100 })).rows));
  for (const list of [published, ...tagged]) {
    expect(list.filter((row) => !isShownAt(row, now))).toEqual([]);
    expect(list.map(({ listedAt }) => listedAt)).toEqual(list.map(({ listedAt }) => listedAt).sort().reverse());
  }
  for (const row of rows.filter(({ status }) => status === 'ready')) {
    const { videoId, dueAt, listedAt, publishedAt, unpublishedAt, publishAt, unpublishAt, source } = row;
    const isListed = listedAt !== undefined;
    const isPending = isListed !== isShownAt(row, now) || (publishedAt !== undefined && (unpublishedAt === undefined) !== isOpenAt(row, now));
    const next = [publishAt, unpublishAt].map((time) => Date.parse(time!)).filter((time) => time > now).sort((a, b) => a - b)[0];
    // S3 can deny the deletion of a source that is due. The sweeper then tries again after a day.
    const sourceDue = source.dueAt === undefined || source.state ? Infinity : Date.parse(source.dueAt);
    const latest = Math.min(isPending ? now : next ?? Infinity, sourceDue > now ? sourceDue : now + DAY);
    // After a failed request, the sweeper postpones a video by an hour.
    const limit = Math.max(latest, world.lastFault + 60 * MINUTE);
    if (latest < Infinity) expect({ videoId, limit, isDue: Date.parse(dueAt!) <= limit }).toEqual({ videoId, limit, isDue: true });
  }
  return rows;
}

/** These conditions are true when no video is due. */
async function checkSettled(world: World, isEnd: boolean): Promise<void> {
  const rows = (await checkAlways(world)).filter(({ status }) => status === 'ready');
  const { now, videos } = world;
  const shown = rows.filter((row) => isShownAt(row, now));
  const ids = (given: VideoRow[]) => given.map(({ videoId }) => videoId).sort();
  expect(ids((await videos.listPublished({ limit: 100 })).rows)).toEqual(ids(shown));
  for (const tag of TAGS) expect(ids((await videos.listTagged(tag, { limit: 100 })).rows)).toEqual(ids(shown.filter(({ tags }) => tags.includes(tag))));
  for (const row of rows) {
    const { publishedAt, unpublishedAt, publishAt, dueAt, source } = row;
    expect(unpublishedAt !== undefined).toBe(publishedAt !== undefined && !isOpenAt(row, now));
    if (isOpenAt(row, now)) expect([publishedAt! >= (publishAt ?? ''), publishedAt! <= new Date(now).toISOString()]).toEqual([true, true]);
    expect(Date.parse(dueAt!) <= now).toBe(false);
    if (isEnd) expect([dueAt, source.state]).toEqual([undefined, 'deleted']);
    if (unpublishedAt !== undefined) reached.unpublished++;
    if (publishAt !== undefined && publishedAt === publishAt) reached.delayed++;
    if (row.listedAt !== undefined) reached.published++;
  }
}

const history = (sources: Sources) => fc.asyncProperty(rounds, async (all) => {
  const world = new World(sources);
  for (const { actions, order, isLate, isDenied, minutes: passed } of all) {
    world.isDenied = isDenied;
    await world.turns.run(order, isLate, actions.map((each) => async () => void await world.run(each)));
    world.now += passed * MINUTE;
    await checkAlways(world);
  }
  // From now on, no request fails. If S3 denied the deletion of a source, the sweeper tries again after a day.
  world.isDenied = false;
  await world.turns.run(1, true, []);
  for (const passed of [60 * MINUTE, DAY]) {
    world.now += passed;
    // If a publication time and a source are due, one sweep settles the publication time, and the next sweep settles the source.
    for (let sweeps = 0; sweeps < 2; sweeps++) await world.sweep();
    await checkSettled(world, passed === DAY);
  }
}).afterEach(() => table.clear());

test('the public lists, the due times and the videos agree after any order of edits, transcodes, sweeps and faults', async () => {
  await fc.assert(history(await loadSources(SOURCE_FILES)), { numRuns: HISTORIES, seed: SEED, endOnFailure: true });
  // Without these states, the histories would not test the publication times.
  expect(Object.entries(reached).filter(([, count]) => count <= HISTORIES / 40)).toEqual([]);
}, 60_000 + HISTORIES * 2000);

test.each(PUBLICATION_BUGS)('the histories find the bug: $name', async (bug: PlantedBug) => {
  const { failed } = await fc.check(history(await loadSources(SOURCE_FILES, bug)), { numRuns: 300, seed: bug.seed ?? SEED, endOnFailure: true });
  expect(failed).toBe(true);
}, 300_000);
