import * as path from 'path';
import { ENVIRONMENT } from './environment';
import type { Job, LocalCatalog } from './local-catalog';
import { sumOf, Units, writeUnits } from './units';
import type { HandlerName } from '../src/contract/environment';
import { INDEXES } from '../src/contract/table';
import { posterPrefix, sourceKey } from '../src/domain/object-keys';
import { DEFAULT_LADDER } from '../src/transcode/job/ladder';
import { apiEvent } from '../test/runtime/api-event';

/** Dollars for 1,000 videos of which people write a KB, with events and without progress. */
const BOUND = 0.03;

/**
 * Dollars in us-east-1, on demand, past the free tiers, and where each was read: third parties that quote AWS. What was not read is from memory.
 */
const PRICES = {
  'write units': [0.625e-6, 'docs/decisions/022 (AWS, November 2024)'],
  'read units': [0.125e-6, 'airbyte.com/data-engineering-resources/dynamodb-pricing'],
  'Lambda calls': [0.2e-6, 'cloudchipr.com/blog/aws-lambda-pricing (2024)'],
  'Lambda GB-seconds': [13.3334e-6, 'cloudchipr.com/blog/aws-lambda-pricing (2024), arm64'],
  'events': [1e-6, 'cloudburn.io/blog/amazon-eventbridge-pricing (March 2026)'],
  'S3 events': [1e-6, 'third parties call them free; taken for events of one\'s own'],
  'SQS requests': [0.4e-6, 'not read'],
  'REST API requests': [3.5e-6, 'go-cloud.io/aws-api-gateway-pricing (2026)'],
  'S3 PUTs': [5e-6, 'not read'],
} as const satisfies Record<string, readonly [dollars: number, source: string]>;
type Priced = keyof typeof PRICES;

/** Of every function, by default. */
const MEMORY_GB = 0.5;
/** Some to warm up, then those whose median is taken. */
const [WARM_UPS, RUNS] = [5, 15];

/** What people write about a video. */
const VIDEOS = {
  'a title only': {},
  '1 KB': { description: 'x'.repeat(900), tags: ['physics', 'lecture'] },
  '32 KB': {
    // Two bytes each.
    description: 'é'.repeat(4700),
    tags: Array.from({ length: 20 }, (_, n) => `${n}`.padEnd(64, 't')),
    metadata: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${n}`.padEnd(64, 'k'), 'v'.repeat(1024)])),
  },
} as const;

type Handler = (event: unknown, context?: unknown) => Promise<any>;
interface Count {
  /** By write, then by table and index. */
  readonly writes: Record<string, Units>;
  readonly uses: Record<Priced, number>;
  streamRecords: number;
  publisherCalls: number;
}

/** The bundles that are deployed, on the local table, with a bus and MediaConvert that only answer. Every call is counted. */
export async function orchestrationRows(
  assets: string, catalog: LocalCatalog,
): Promise<{ writes: object[]; costs: Record<string, object>; isWithinBound: boolean }> {
  Object.assign(process.env, { ...ENVIRONMENT, TABLE_NAME: catalog.tableName });
  const names = ['upload/plan-upload', 'transcode/submit-job', 'transcode/record-job-event', 'catalog/publish-events'] as const satisfies HandlerName[];
  const load = async (name: HandlerName): Promise<Handler> => (await import(path.join(assets, name, 'index.js'))).handler;
  const [plan, submit, record, publish] = await Promise.all(names.map(load));

  async function call<T>({ uses }: Count, handler: Handler, event: unknown): Promise<T> {
    const start = process.hrtime.bigint();
    const answer = await handler(event, { getRemainingTimeInMillis: () => 60_000 });
    uses['Lambda GB-seconds'] += MEMORY_GB * Math.ceil(Number(process.hrtime.bigint() - start) / 1e6) / 1000;
    uses['Lambda calls']++;
    return answer;
  }

  /** Calls a handler that makes these writes, then the publisher for each change by itself: the dearest way, when there is little to do. */
  async function step<T>(count: Count, handler: Handler, event: unknown, writes: readonly string[]): Promise<T> {
    const from = catalog.operations.length;
    const answer = await call<T>(count, handler, event);
    const operations = catalog.operations.slice(from);
    const changes = await catalog.changes();
    const made = operations.filter(({ name }) => name !== 'GetItem');
    // A refused condition would be billed as well, and make no record.
    if (made.length !== writes.length || made.some(({ refused }) => refused)) throw new Error(`expected the writes ${writes}, got ${JSON.stringify(made)}`);
    count.uses['read units'] += operations.length - made.length;
    const isTransaction = made.some(({ name }) => name === 'TransactWriteItems');
    const units = changes.map((change) => writeUnits(change, isTransaction));
    writes.forEach((name, index) => { count.writes[name] = isTransaction ? sumOf(units) : units[index]; });
    count.streamRecords += changes.length;
    for (const change of changes.filter(({ dynamodb: { Keys } }) => Keys.sk.S === 'video')) {
      await call(count, publish, { Records: [change] });
      count.publisherCalls++;
    }
    return answer;
  }

  /** One video from its declaration to `ready`. */
  async function upload(given: object): Promise<Count> {
    const none = Object.fromEntries(Object.keys(PRICES).map((name) => [name, 0])) as Record<Priced, number>;
    // The message is sent, received and deleted.
    const uses = { ...none, 'REST API requests': 1, 'S3 PUTs': 1, 'S3 events': 1, 'SQS requests': 3 };
    const count: Count = { writes: {}, uses, streamRecords: 0, publisherCalls: 0 };
    const events = catalog.events.length;
    const size = 5e8;
    const request = apiEvent('POST', '/upload', {
      userId: '0193a1b2-0000-7000-8000-0123456789ab', groups: ['makers'], body: { fileName: 'lecture-07.mp4', contentType: 'video/mp4', size, ...given },
    });
    const { body } = await step<{ body: string }>(count, plan, request, ['create']);
    const { videoId } = JSON.parse(body).video;
    const created = JSON.stringify({ detail: { object: { key: sourceKey(videoId), size } } });
    const message = { messageId: '0193a1b2-0000-7000-8000-0123456789ab', attributes: { ApproximateReceiveCount: '1' }, body: created };
    await step(count, submit, { Records: [message] }, ['uploaded', 'claimed', 'processing']);
    await step(count, record, { detail: completed(videoId, catalog.jobs.at(-1)!) }, ['ready']);
    uses.events = catalog.events.length - events;
    uses['write units'] = Object.values(sumOf(Object.values(count.writes))).reduce((sum, each) => sum + each, 0);
    return count;
  }

  const said = { info: console.info, warn: console.warn };
  Object.assign(console, { info: () => undefined, warn: () => undefined });
  const counts: [string, Count][] = [];
  for (const [name, given] of Object.entries(VIDEOS)) {
    const all: Count[] = [];
    for (let n = 0; n < WARM_UPS + RUNS; n++) all.push(await upload(given));
    counts.push([name, all.slice(WARM_UPS).sort((a, b) => a.uses['Lambda GB-seconds'] - b.uses['Lambda GB-seconds'])[Math.floor(RUNS / 2)]]);
  }
  Object.assign(console, said);
  return { writes: counts.flatMap(writeRows), costs: costRows(counts), isWithinBound: dollarsOf(counts[1][1]) * 1000 <= BOUND };
}

function writeRows([video, { writes }]: [string, Count]): object[] {
  const places = ['table', ...Object.keys(INDEXES)];
  return [...Object.entries(writes), ['all', sumOf(Object.values(writes))] as const]
    .map(([write, units]) => ({ video, write, ...Object.fromEntries(places.map((place) => [place, units[place] ?? ''])) }));
}

const dollarsOf = ({ uses }: Count): number => Object.entries(PRICES).reduce((sum, [name, [price]]) => sum + uses[name as Priced] * price, 0);

/** For 1,000 videos. */
function costRows(counts: readonly [string, Count][]): Record<string, object> {
  const dollars = (value: (count: Count) => number) => (
    Object.fromEntries(counts.map(([video, count]) => [`$, ${video}`, Number((value(count) * 1000).toFixed(5))])));
  const [, [, ordinary]] = counts;
  const used = ([name, [price, source]]: [string, readonly [number, string]]) => [name, {
    'count, 1 KB': Number((ordinary.uses[name as Priced] * 1000).toFixed(1)),
    '$ a million': Number((price * 1e6).toFixed(4)),
    ...dollars(({ uses }) => uses[name as Priced] * price),
    source,
  }] as const;
  return {
    'stream records': { 'count, 1 KB': ordinary.streamRecords * 1000, 'source': 'Lambda reads them for nothing (not read again)' },
    'publisher invocations, at most': { 'count, 1 KB': ordinary.publisherCalls * 1000, 'source': 'among the Lambda calls' },
    ...Object.fromEntries(Object.entries(PRICES).map(used)),
    'of all, events and publisher': dollars(({ uses, publisherCalls }) => uses.events * PRICES.events[0] + publisherCalls * PRICES['Lambda calls'][0]),
    'all-in orchestration': { ...dollars(dollarsOf), 'bound, 1 KB': BOUND },
  };
}

/** What MediaConvert tells at the end of a job of five renditions. */
function completed(videoId: string, job: Job): object {
  return {
    ...job,
    status: 'COMPLETE',
    outputGroupDetails: [
      {
        type: 'CMAF_GROUP',
        outputDetails: DEFAULT_LADDER.map(({ height: heightInPx }) => (
          { durationInMs: 600_000, videoDetails: { widthInPx: Math.round(heightInPx * 16 / 9), heightInPx } })),
      },
      { type: 'FILE_GROUP', outputDetails: [{ outputFilePaths: [`s3://media/${posterPrefix(videoId, 1)}poster.0000001.jpg`] }] },
    ],
  };
}
