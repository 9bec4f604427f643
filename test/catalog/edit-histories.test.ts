import fc from 'fast-check';
import { EditWorld, HOUR, SOURCE_FILES, Sources } from './edit-world';
import { PLANTED_BUGS } from './planted-bugs';
import { derivedKeys } from '../../src/contract/derived-rows';
import type { VideoRow } from '../../src/contract/table';
import { fold } from '../../src/domain/fold';
import { captureLog } from '../captured-log';
import { faults, oneFault } from '../histories/invocations';
import { loadSources, PlantedBug } from '../histories/sources';
import { CatalogTable, catalogTable } from '../runtime/rows/catalog-table';

// A canceled transaction is tried again at once.
jest.mock('timers/promises', () => ({ ...jest.requireActual('timers/promises'), setTimeout: async () => undefined }));

const HISTORIES = Number(process.env.HISTORIES ?? 20);
const SEED = Number(process.env.SEED ?? 1);

let table: CatalogTable;
let world: EditWorld;
beforeAll(async () => { table = await catalogTable((usage) => void (usage.kind === 'write' && world.wrote(usage))); });
let logged: string[] = [];
beforeEach(() => { logged = captureLog(); });
afterAll(() => table.close());

const TITLES = ['Sea', 'SEA', 'Seaside', 'S\u00e9a', 'Mountain'];
/** Tags that are equal after folding. A video has at most one of these tags. */
const SAME_TAGS = ['Sun', 'SUN', 's\u00fcn'];
const OTHER_TAGS = ['snow', 'rain'];
const TAGS = ['sUN', ...OTHER_TAGS];
const PREFIXES = ['s', 'sea', 'seas', 'm', 'x'];
const fields = {
  title: fc.constantFrom(...TITLES),
  tags: fc.tuple(fc.subarray(SAME_TAGS, { maxLength: 1 }), fc.subarray(OTHER_TAGS)).map((tags) => tags.flat()),
  visibility: fc.constantFrom('signed-in' as const, 'signed-in' as const, 'unlisted' as const, 'private' as const),
  description: fc.constantFrom('', 'one', 'two'),
  /** In hours from now. `null` removes the time. The times of a video must differ by more than an hour. */
  publishAt: fc.constantFrom(null, -2, 0.4, 1),
  unpublishAt: fc.constantFrom(null, null, 2.5, 4),
  metadata: fc.constantFrom<Record<string, string>>({}, { a: '1' }, { b: '2' }),
};

const ACTIONS = ['create', 'arrive', 'arrive', 'complete', 'complete', 'fail', 'fail', 'progress', 'retry', 'retry', 'read', 'edit', 'edit', 'edit', 'edit', 'edit', 'transfer', 'abort', 'sweep'] as const;
type ActionName = (typeof ACTIONS)[number];

const actionOf = (name: ActionName | undefined, hasFault = false) => fc.record({
  name: name ? fc.constant(name) : fc.constantFrom(...ACTIONS),
  window: fc.nat(4),
  job: fc.nat(2),
  percent: fc.integer({ min: 1, max: 100 }),
  given: fc.record(fields),
  /** Most edits change one or two fields. */
  chosen: fc.subarray(Object.keys(fields), { minLength: 1, maxLength: 2 }),
  owner: fc.constantFrom(undefined, undefined, undefined, 0, 1),
  fault: hasFault ? oneFault(8) : faults(8, ['never', 'now', 'later']),
});
type Action = ReturnType<typeof actionOf> extends fc.Arbitrary<infer T> ? T : never;

/** Concurrent actions on one video, and the time until the next round. `which` is the index of the video, counted from the newest. */
const roundOf = (actions: fc.Arbitrary<Action[]>, which: number[], hours: number[]) => fc.record({
  actions, order: fc.nat(), isLate: fc.boolean(), which: fc.constantFrom(...which), hours: fc.constantFrom(...hours),
});
type Round = ReturnType<typeof roundOf> extends fc.Arbitrary<infer T> ? T : never;
const randomRound = roundOf(fc.array(actionOf(undefined), { minLength: 1, maxLength: 4 }), [0, 0, 1], [0, 0, 0, 0.01, 0.5, 1.1]).map((round) => [round]);

/** Sequences of rounds that are rare in a random history. A number states the hours after a round. An exclamation mark means that a request fails. */
const STORIES = [
  'create, arrive, complete edit edit, edit edit edit', 'create, arrive, fail, retry retry edit, complete edit, edit',
  'create, arrive, fail, retry! edit, sweep, complete',
  'create, abort edit edit, edit', 'create, edit abort, edit! abort', 'create, arrive, complete, edit! edit, edit edit!, edit',
  'create, arrive, fail, edit retry retry, fail, retry edit',
  'create, arrive, fail, retry transfer retry', 'create, arrive, read read read, complete edit edit', 'create, read read read, abort edit edit', 'create, arrive, read read read, edit complete edit', 'create, arrive, complete transfer edit', 'create, edit read edit read',
  'create, arrive, complete 0.5, sweep edit edit 0.6, edit sweep edit', 'create, arrive, complete 1.1, sweep edit 2, sweep! edit 2, edit sweep sweep',
].map((story) => story.split(', ').map((text) => {
  const [, names, hours = '0'] = /^([a-z! ]+?)(?: ([\d.]+))?$/.exec(text)!;
  const actions = names.split(' ').map((name) => actionOf(name.replace('!', '') as ActionName, name.endsWith('!')));
  return roundOf(fc.tuple(...actions) as fc.Arbitrary<Action[]>, [0], [Number(hours)]);
}));
const story = fc.oneof(...STORIES.map((rounds) => fc.tuple(...rounds) as fc.Arbitrary<Round[]>));
const scene = fc.oneof({ weight: 2, arbitrary: randomRound }, { weight: 1, arbitrary: story });
const history = fc.array(scene, { minLength: 8, maxLength: 20 }).map((scenes) => scenes.flat());

async function act({ name, window: index, job, percent, given, chosen, owner, fault }: Action, which: number, isAlone: boolean): Promise<void> {
  const timesOf = ({ publishAt, unpublishAt }: Action['given']) => ({
    publishAt: publishAt === null ? null : world.time(publishAt), unpublishAt: unpublishAt === null ? null : world.time(unpublishAt),
  });
  // Half of the videos have publication times.
  if (name === 'create') return world.create(world.owners[index % 2], { ...given, publishAt: null, unpublishAt: null, ...(percent % 2 && timesOf(given)) }, fault);
  if (name === 'sweep') return world.sweep(fault);
  if (name === 'complete' || name === 'fail' || name === 'progress') {
    const found = world.jobs.at(-1 - job % Math.max(1, world.jobs.length));
    return found && world.report(found, name === 'complete' ? 'COMPLETE' : name === 'fail' ? 'ERROR' : 'STATUS_UPDATE', percent, fault);
  }
  const videoId = world.known.at(-1 - which % Math.max(1, world.known.length));
  if (videoId === undefined) return undefined;
  const { owner: current } = world.rows.get(videoId) ?? {};
  const managers = world.windows.filter(({ userId, groups }) => userId === current || groups.length > 0);
  // A few requests come from another user.
  const window = percent > 95 ? world.windows[index] : managers[index % managers.length];
  if (name === 'arrive') return world.arrive(videoId, fault);
  if (name === 'abort') return world.abort(videoId, fault);
  if (name === 'retry') return world.retry(window, videoId, isAlone, fault);
  if (name === 'read') return world.read(window, videoId, fault);
  if (name === 'transfer') return world.edit(world.windows.at(-1 - index % 2)!, videoId, { owner: world.owners.find((each) => each !== current) }, isAlone, fault);
  const patch = Object.fromEntries(Object.entries({ ...given, ...timesOf(given) }).filter(([field]) => chosen.includes(field)));
  return world.edit(window, videoId, { ...patch, ...(owner !== undefined && { owner: world.owners[owner] }) }, isAlone, fault);
}

function checkUsage(): void {
  for (const owner of world.owners) {
    const counted = [...world.rows.values()].filter((row) => row.owner === owner && row.status !== 'deleting');
    const expected = {
      openUploads: counted.filter(({ status }) => status === 'waiting').length,
      videos: counted.length,
      storedBytes: counted.filter(({ error }) => error?.code !== 'upload_expired').reduce((sum, { source }) => sum + source.size, 0),
    };
    for (const [name, value] of Object.entries(expected)) {
      const stored = world.usage.get(owner)?.[name] ?? 0;
      if (stored !== value) world.violations.push(`${name} of ${owner} is ${stored}, but the rows have ${value}`);
    }
  }
  if (world.violations.length > 0) throw new Error([...world.violations, ...logged.slice(-3)].join('\n'));
}

/** Compares the stored items and the lists with the rows. */
async function checkEnd(): Promise<void> {
  const rows = [...world.rows.values()];
  expect(rows.map(({ status }) => status).filter((status) => status !== 'ready' && status !== 'errored')).toEqual([]);
  const items = await world.items();
  const sorted = (keys: readonly object[]) => keys.map((key) => JSON.stringify(key)).sort();
  const derived = items.filter(({ pk }) => /^(tag|owntag|titles)#/.test(pk)).map(({ pk, sk, ...others }) => ({ pk, sk, ...others }));
  expect(sorted(derived)).toEqual(sorted(rows.flatMap(derivedKeys)));
  expect(items.filter(({ sk }) => sk === 'video')).toHaveLength(rows.length);
  expect(items.filter(({ sk }) => sk === 'details').map(({ pk }) => rows.some((row) => row.pk === pk))).not.toContain(false);

  const admin = world.windows.at(-1)!;
  const has = (tag: string) => ({ tags }: VideoRow) => tags.some((each) => fold(each) === fold(tag));
  const time = world.time(0);
  const isOpen = ({ publishAt = '', unpublishAt = '9' }: VideoRow) => publishAt <= time && time < unpublishAt;
  const isPublic = (row: VideoRow) => row.status === 'ready' && row.visibility === 'signed-in' && isOpen(row);
  // The sweeper has no more work, so exactly the public videos have `listedAt`.
  expect(rows.filter(isPublic).map(({ listedAt }) => typeof listedAt)).toEqual(rows.filter((row) => row.listedAt !== undefined).map(() => 'string'));
  const idsOf = (wanted: (row: VideoRow) => boolean, by: (row: VideoRow) => string) => (
    rows.filter(wanted).sort((a, b) => Buffer.compare(Buffer.from(by(b)), Buffer.from(by(a)))).map(({ videoId }) => videoId));
  const published = ({ publishedAt, videoId }: VideoRow) => `${publishedAt} ${videoId}`;
  expect(await world.list(admin, {})).toEqual(idsOf(isPublic, published));
  for (const tag of TAGS) expect(await world.list(admin, { tag })).toEqual(idsOf((row) => isPublic(row) && has(tag)(row), published));
  for (const owner of world.owners) {
    const isOwn = (row: VideoRow) => row.owner === owner;
    expect(await world.list(admin, { owner })).toEqual(idsOf(isOwn, ({ videoId }) => videoId));
    for (const status of ['ready', 'errored'] as const) expect(await world.list(admin, { owner, status })).toEqual(idsOf((row) => isOwn(row) && row.status === status, ({ videoId }) => videoId));
    for (const tag of TAGS) expect(await world.list(admin, { owner, tag })).toEqual(idsOf((row) => isOwn(row) && has(tag)(row), ({ videoId }) => videoId));
    for (const titlePrefix of PREFIXES) {
      const ids = idsOf((row) => isOwn(row) && fold(row.title).startsWith(titlePrefix), ({ title, videoId }) => `${fold(title)}\t${videoId}`);
      expect(await world.list(admin, { owner, titlePrefix })).toEqual(ids.reverse());
    }
  }
  checkUsage();
}

/** The number of videos that were ready at the end of a history. */
let ready = 0;

const property = (sources: Sources) => fc.asyncProperty(history, async (all) => {
  world = new EditWorld(sources, table);
  for (const { actions, order, isLate, which, hours } of all) {
    const isAlone = actions.length === 1 && world.turns.late.length === 0;
    await world.turns.run(order, isLate, actions.map((each) => () => act(each, which, isAlone)));
    checkUsage();
    world.now += hours * HOUR + 1;
  }
  // From now on, no request fails. All late requests arrive, all jobs end, and the sweeper runs until nothing is due.
  for (let n = 0; n < 6; n++) {
    await world.turns.run(n, true, world.jobs.map((job) => () => world.report(job, 'COMPLETE', 100)));
    await world.turns.run(n, true, [() => world.sweep()]);
    checkUsage();
    world.now += 4 * HOUR;
  }
  await world.turns.run(1, true, [checkEnd]);
  ready += [...world.rows.values()].filter(({ status }) => status === 'ready').length;
}).afterEach(() => table.clear());

test('lists, derived rows and usage agree with the videos, and no edit is lost without a 412, after any order of edits, retries, events, sweeps and faults', async () => {
  await fc.assert(property(await loadSources(SOURCE_FILES)), { numRuns: HISTORIES, seed: SEED, endOnFailure: true });
  // Histories without a published video would not test the public lists.
  expect(ready).toBeGreaterThan(HISTORIES);
}, 60_000 + HISTORIES * 2000);

test.each(PLANTED_BUGS)('the histories find the bug: $name', async (bug: PlantedBug) => {
  const { failed } = await fc.check(property(await loadSources(SOURCE_FILES, bug)), { numRuns: 300, seed: bug.seed ?? SEED, endOnFailure: true });
  expect(failed).toBe(true);
}, 300_000);
