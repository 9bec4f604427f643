import fc from 'fast-check';
import { PLANTED_BUGS } from './planted-bugs';
import { checksumOfFile, HOUR, Known, MIB, QUOTAS, SOURCE_FILES, Sources, UploadWorld } from './upload-world';
import { captureLog } from '../captured-log';
import { checksumOf } from '../histories/fake-s3';
import { Fault, faults, oneFault } from '../histories/invocations';
import { loadSources, PlantedBug } from '../histories/sources';
import { CatalogTable, catalogTable } from '../runtime/rows/catalog-table';

// A canceled transaction is tried again at once.
jest.mock('timers/promises', () => ({ ...jest.requireActual('timers/promises'), setTimeout: async () => undefined }));

const HISTORIES = Number(process.env.HISTORIES ?? 20);
const SEED = Number(process.env.SEED ?? 1);

let table: CatalogTable;
let world: UploadWorld;
beforeAll(async () => {
  table = await catalogTable((usage) => { if (usage.kind === 'write') for (const change of usage.changes) world.wrote(change); });
});
beforeEach(() => captureLog());
afterAll(() => table.close());

const SIZES = [MIB, 20 * MIB, 33 * MIB, 50 * MIB, 80 * MIB];
const ACTIONS = [
  'plan', 'plan', 'plan', 'sign', 'part', 'part', 'put', 'send', 'send', 'send', 'complete', 'complete', 'complete', 'abort', 'deliver', 'deliver', 'sweep', 'sweep', 'sweep', 'ingest',
] as const;
type ActionName = (typeof ACTIONS)[number];

const EXECUTES: Fault['executes'][] = ['never', 'now', 'later'];
const actionOf = (name: ActionName | undefined, hasFault = false) => fc.record({
  name: name ? fc.constant(name) : fc.constantFrom(...ACTIONS),
  owner: fc.constantFrom(0, 0, 0, 1),
  size: fc.constantFrom(...SIZES),
  part: fc.nat(20),
  /** Two files of the same size. Most clients send the first file. */
  file: fc.constantFrom('A', 'A', 'A', 'B'),
  hasChecksum: fc.boolean(),
  /** Whether a signed request or a message is repeated later. */
  isRepeated: fc.boolean(),
  fault: hasFault ? oneFault(6, ['never']) : faults(6, EXECUTES),
});
type Action = ReturnType<typeof actionOf> extends fc.Arbitrary<infer T> ? T : never;

const HOURS = [0, 0, 0, 0, 0, 0.12, 0.22, 0.9, 2, 3.1];

/**
 * Concurrent actions, and the time until the next round. All actions of a round concern the same upload. `which` is the index of this upload, counted from the
 * newest.
 */
const roundOf = (actions: fc.Arbitrary<Action[]>, which: number[], hours: number[]) => fc.record({
  actions, order: fc.nat(), isLate: fc.boolean(), which: fc.constantFrom(...which), hours: fc.constantFrom(...hours),
});
type Round = ReturnType<typeof roundOf> extends fc.Arbitrary<infer T> ? T : never;

const randomRound = roundOf(fc.array(actionOf(undefined), { minLength: 1, maxLength: 3 }), [0, 1, 2], HOURS).map((round) => [round]);

/** Sequences of rounds that are rare in a random history. A number states the hours after a round. An exclamation mark means that a request fails. */
const STORIES = [
  'plan, send, complete part', 'plan, send, complete, complete, complete', 'plan plan plan', 'plan, send 2, sweep 1.1, sweep complete complete',
  'plan, send abort part 3.1, sweep! 1.1, sweep! 1.1, sweep', 'plan, put abort 3.1, sweep! 1.1, sweep! 1.1, sweep', 'plan 0.12, sign 0.22, put',
  'plan, put complete 3.1, sweep', 'plan, send 2, part 2, sweep', 'ingest, deliver!, deliver deliver',
].map((story) => story.split(', ').map((text) => {
  const [, names, hours = '0'] = /^([a-z! ]+?)(?: ([\d.]+))?$/.exec(text)!;
  const actions = names.split(' ').map((name) => actionOf(name.replace('!', '') as ActionName, name.endsWith('!')));
  return roundOf(fc.tuple(...actions) as fc.Arbitrary<Action[]>, [0], [Number(hours)]);
}));
const story = fc.oneof(...STORIES.map((rounds) => fc.tuple(...rounds) as fc.Arbitrary<Round[]>));
const scene = fc.oneof({ weight: 3, arbitrary: randomRound }, { weight: 1, arbitrary: story });
const rounds = fc.array(scene, { minLength: 10, maxLength: 25 }).map((scenes) => scenes.flat());

function take<T>(list: T[], which: number, isRepeated: boolean): T | undefined {
  const index = list.length - 1 - which % Math.max(1, list.length);
  return isRepeated ? list[index] : list.splice(index, 1)[0];
}

async function act({ name, owner, size, part, file, hasChecksum, isRepeated, fault }: Action, which: number, isAlone: boolean): Promise<void> {
  if (name === 'sweep') return world.sweep(fault);
  if (name === 'ingest') return world.ingest(world.owners[owner], part % 3, size + part);
  if (name === 'deliver') {
    const message = take(world.messages, which, isRepeated);
    if (message && !await world.deliver(message, fault) && !isRepeated) world.messages.push(message);
    return undefined;
  }
  if (name === 'put') {
    const signed = take(world.puts, which, isRepeated);
    return signed && world.put(signed);
  }
  const isExact = isAlone && !fault;
  if (name === 'plan') {
    const expected = isExact && expectedOfPlan(world.owners[owner], size);
    const { code } = await world.plan(world.owners[owner], size, hasChecksum ? file : undefined, fault);
    if (expected) check(name, code, expected);
    return undefined;
  }
  const upload = world.known.at(-1 - which % Math.max(1, Math.min(3, world.known.length)));
  if (!upload) return undefined;
  if (name === 'send') return world.send(upload, file);
  if (name === 'sign' || name === 'part') {
    const signed = await world.sign(upload, file, 1 + part % (upload.partCount ?? 1), fault);
    if (name === 'sign' && signed) world.puts.push(signed);
    if (name === 'part' && signed) await world.put(signed);
    return undefined;
  }
  const checksum = hasChecksum ? checksumOfFile(upload, file) : undefined;
  const expected = isExact && (name === 'abort' ? expectedOfAbort(upload) : expectedOfCompletion(upload, checksum));
  const { code } = await (name === 'abort' ? world.abort(upload, fault) : world.complete(upload, checksum, fault));
  if (expected) check(name, code, expected);
}

function check(name: string, code: string, expected: string): void {
  if (code !== expected) world.violations.push(`the response of ${name} has the code ${code}, expected ${expected}`);
}

function usageOf(owner: string) {
  const counted = [...world.rows.values()].filter((row) => row.owner === owner && row.status !== 'deleting');
  return {
    openUploads: counted.filter(({ status }) => status === 'waiting').length,
    videos: counted.length,
    storedBytes: counted.filter(({ error }) => error?.code !== 'upload_expired').reduce((sum, { source }) => sum + source.size, 0),
  };
}

function expectedOfPlan(owner: string, size: number): string {
  const { openUploads, videos, storedBytes } = usageOf(owner);
  const isDayFull = world.createdToday(owner) >= QUOTAS.uploadsPerDay;
  return openUploads >= QUOTAS.openUploads || videos >= QUOTAS.videos || storedBytes + size > QUOTAS.storedBytes || isDayFull ? 'limit_reached' : 'ok';
}

function expectedOfAbort({ videoId }: Known): string {
  const row = world.rows.get(videoId);
  if (!row || row.status === 'deleting') return 'not_found';
  return row.status === 'waiting' && !world.s3.objects.has(row.source.key) ? 'ok' : 'wrong_status';
}

function expectedOfCompletion({ videoId, partCount, declared }: Known, checksum: string | undefined): string {
  const row = world.rows.get(videoId);
  if (!row || row.status === 'deleting') return 'not_found';
  if (row.status === 'errored') return 'wrong_status';
  if (declared !== undefined && checksum !== undefined && declared !== checksum) return 'checksum_mismatch';
  const wanted = checksum ?? declared;
  const object = world.s3.objects.get(row.source.key);
  if (object) return wanted === undefined || wanted === object.checksum ? 'ok' : 'checksum_mismatch';
  if (partCount === undefined) return 'parts_missing';
  const stored = world.s3.uploads.get(row.multipart!.id);
  if (!stored || stored.isAborted && stored.parts.size === 0) return 'upload_gone';
  if (stored.parts.size < partCount) return 'parts_missing';
  if (stored.isAborted) return 'upload_gone';
  const contents = [...stored.parts].sort(([a], [b]) => a - b).flatMap(([, part]) => part.contents);
  return wanted === undefined || wanted === checksumOf(contents) ? 'ok' : 'checksum_mismatch';
}

/** Compares the stored usage with the rows. Jest's `expect` is too slow for a check after each round. */
function checkUsage(): void {
  const { violations } = world;
  for (const owner of world.owners) {
    const { openUploads = 0, videos = 0, storedBytes = 0, day, uploadsOfDay = 0 } = world.usage.get(owner) ?? {};
    const stored = { openUploads, videos, storedBytes, uploadsPerDay: day === world.day ? uploadsOfDay : 0 };
    const expected = { ...usageOf(owner), uploadsPerDay: world.createdToday(owner) };
    for (const name of Object.keys(QUOTAS) as (keyof typeof QUOTAS)[]) {
      if (stored[name] !== expected[name]) violations.push(`${name} is ${stored[name]}, but the rows have ${expected[name]}`);
    }
  }
  if (violations.length > 0) throw new Error(violations.join('\n'));
}

function checkEnd(): void {
  const { s3 } = world;
  const all = [...world.rows.values()];
  expect(all.filter(({ status }) => status !== 'uploaded').map(({ status, error }) => error?.code ?? status)).toEqual([]);
  const objects = new Map([...s3.objects].filter(([key]) => key.startsWith('source/')).map(([key, { size }]) => [key, size]));
  expect(objects).toEqual(new Map(all.filter(({ source }) => !source.etag).map(({ source: { key, size } }) => [key, size])));
  // A killed request can leave a multipart upload without parts. S3 deletes such an upload after 7 days.
  const left = [...s3.uploads.values()].filter(({ isAborted, parts }) => !isAborted || parts.size > 0);
  expect(left.flatMap(({ parts }) => [...parts.keys()])).toEqual([]);
  expect(left.length).toBeLessThanOrEqual(world.failedPlans);
  for (const [videoId, checksum] of world.completed) {
    if (world.aborting.has(videoId) || world.expiredLate.has(videoId)) continue;
    const object = s3.objects.get(`source/${videoId}/original`);
    expect({ videoId, status: world.rows.get(videoId)?.status, checksum: checksum ?? object?.checksum }).toEqual({ videoId, status: 'uploaded', checksum: object?.checksum });
  }
}

/** No object has two videos. An object has no video if it was replaced before the first try to ingest it. */
function checkIngest(): void {
  const videos = [...world.rows.values()].filter(({ source }) => source.etag);
  const etags = videos.map(({ source: { etag } }) => etag!);
  expect(etags).toEqual([...new Set(etags)]);
  for (const { videoId, source: { etag, size } } of videos) {
    expect({ etag, size }).toEqual({ etag, size: world.ingested.get(etag!) });
    expect([...world.submitted]).toContain(videoId);
  }
  for (const [key, { etag }] of world.s3.objects) if (key.startsWith('ingest/')) expect(etags).toContain(etag);
}

const history = (sources: Sources) => fc.asyncProperty(rounds, async (all) => {
  world = new UploadWorld(sources, table);
  for (const { actions, order, isLate, which, hours } of all) {
    world.collect();
    const isAlone = actions.length === 1 && world.turns.late.length === 0;
    await world.turns.run(order, isLate, actions.map((each) => () => act(each, which, isAlone)));
    checkUsage();
    world.now += hours * HOUR;
  }
  // From now on, no request fails. All late requests and all events arrive, and the sweeper runs until nothing is due.
  for (let n = 0; n < 6; n++) {
    world.collect();
    await world.turns.run(n, true, world.messages.splice(0).map((message) => async () => void await world.deliver(message)));
    await world.turns.run(n, true, [() => world.sweep(), () => world.sweep()]);
    checkUsage();
    world.now += 4 * HOUR;
  }
  checkEnd();
  checkIngest();
}).afterEach(() => table.clear());

test('usage, rows, parts and objects agree after any order of requests, events, sweeps and faults', async () => {
  await fc.assert(history(await loadSources(SOURCE_FILES)), { numRuns: HISTORIES, seed: SEED, endOnFailure: true });
}, 60_000 + HISTORIES * 2000);

test.each(PLANTED_BUGS)('the histories find the bug: $name', async (bug: PlantedBug) => {
  const { failed } = await fc.check(history(await loadSources(SOURCE_FILES, bug)), { numRuns: 300, seed: bug.seed ?? SEED, endOnFailure: true });
  expect(failed).toBe(true);
}, 300_000);
