import { createHash } from 'crypto';
import { EventBridgeClient, PutEventsCommandInput } from '@aws-sdk/client-eventbridge';
import { DeleteCommand, DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { InitializeMiddleware } from '@smithy/types';
import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { type Change, Services } from './services';
import type { StreamRecord } from '../../../local/services/dynamodb/streams';
import type { InvokeResult } from '../../../local/types';
import { publishEvents } from '../../../src/catalog/events/publish-events.runtime';
import { resendEvents } from '../../../src/catalog/events/resend-events.runtime';
import { sendEvents } from '../../../src/catalog/events/send-events.runtime';
import { stageKey, videoKey, VideoRow } from '../../../src/contract/table';
import type { VideoStatus } from '../../../src/domain/video-status';
import type { EventDetail } from '../../../src/runtime/route-types';
import { VideoRepository, videoRepository } from '../../../src/runtime/rows/video-repository';
import { captureLog } from '../../captured-log';
import { addFaults, Fault, faults, invoke } from '../../histories/invocations';
import { idOf } from '../../runtime/rows/catalog-table';
import { RESULT } from '../../runtime/rows/repository-setting';

// The delays between retries are 50 times shorter than in production.
jest.mock('timers/promises', () => {
  const { setTimeout: wait, ...others } = jest.requireActual('timers/promises');
  return { ...others, setTimeout: (milliseconds: number, ...more: unknown[]) => wait(milliseconds / 50, ...more) };
});

/** A fault at the n-th PutEvents request of `publish-events`. `refused` states for each entry whether EventBridge rejects it. */
interface PublisherFault {
  readonly call: number;
  readonly kind: 'ends before' | 'ends after' | 'throws before' | 'throws after' | 'refuses' | 'ends before its answer';
  readonly refused: readonly boolean[];
}
interface Taken { readonly type: string; readonly time: Date; readonly detail: EventDetail }
type Write = (videos: VideoRepository, documents: DynamoDBDocumentClient, row: VideoRow) => Promise<unknown>;

const ERROR = { code: 'transcode_failed', message: 'no' } as const;
const ENDED: InvokeResult = { error: { errorType: 'Runtime.ExitError', errorMessage: 'the process ended' } };
const LATE_MS = 2 * 3_600_000;

/** Sends an update as a future route could do. Edits increment `revision`, and all writes increment `version`. */
type Update = (documents: DynamoDBDocumentClient, row: VideoRow, set: string, add: string, values: object) => Promise<unknown>;
const update: Update = (documents, { videoId, version }, set, add, values) => documents.send(new UpdateCommand({
  TableName: services.tableName, Key: videoKey(videoId), UpdateExpression: `SET ${set} ADD ${add}`, ConditionExpression: '#v = :v',
  ExpressionAttributeNames: { '#v': 'version', ...(set.includes('#s') && { '#s': 'status' }) },
  ExpressionAttributeValues: { ':v': version, ':one': 1, ...values },
}));
const WRITES: Readonly<Record<string, Write>> = {
  uploaded: (videos, _, { videoId }) => videos.markUploaded(videoId, 42),
  claim: (videos, _, { videoId, attempt }) => videos.claim(videoId, attempt, 'token', new Date(0)),
  takeOver: (videos, _, { videoId, attempt }) => videos.claim(videoId, attempt, 'token', new Date(Date.now() + LATE_MS)),
  abandon: (videos, _, { videoId, attempt }) => videos.abandon(videoId, attempt, 'token', ERROR),
  reopen: (videos, _, { videoId, attempt }) => videos.reopen(videoId, attempt),
  retry: (videos, _, row) => videos.retry(row, 1000),
  transfer: (videos, _, row) => videos.edit({ row, details: {} }, { owner: row.owner === 'ann' ? 'bob' : 'ann' }),
  job: (videos, _, { videoId, attempt }) => videos.recordJob(videoId, attempt, 'job'),
  progress: (videos, _, { videoId, attempt, progress }) => videos.recordProgress(videoId, attempt, progress + 10),
  ready: (videos, _, { videoId, attempt }) => videos.recordReady(videoId, attempt, RESULT),
  error: (videos, _, { videoId, attempt }) => videos.recordError(videoId, attempt, ERROR),
  edit: (_, documents, row) => update(documents, row, 'title = :t', 'revision :one, #v :one', { ':t': `Title ${row.version}` }),
  deleting: (_, documents, row) => update(documents, row, '#s = :s, stageKey = :k', '#v :one', { ':s': 'deleting', ':k': stageKey('deleting', row.videoId) }),
  remove: (_, documents, { videoId }) => documents.send(new DeleteCommand({
    TableName: services.tableName, Key: videoKey(videoId), ConditionExpression: '#s = :s', ExpressionAttributeNames: { '#s': 'status' }, ExpressionAttributeValues: { ':s': 'deleting' },
  })),
  expire: (videos, _, row) => videos.expireUpload(row, new Date()),
  abort: (videos, _, row) => videos.abortUpload(row, new Date()),
  removeUpload: (videos, _, row) => videos.removeUpload(row),
};
const NEXT: Readonly<Record<VideoStatus, readonly string[]>> = {
  waiting: ['uploaded', 'uploaded', 'uploaded', 'uploaded', 'expire', 'abort'],
  uploaded: ['claim', 'job', 'job', 'abandon'],
  processing: ['progress', 'transfer', 'ready', 'ready', 'error'],
  held: [],
  ready: ['edit', 'transfer', 'deleting'],
  errored: ['reopen', 'retry', 'transfer', 'deleting', 'removeUpload'],
  deleting: ['remove', 'removeUpload'],
};

let services: Services;
let world: World;
let ids = 0;
beforeAll(async () => { services = await Services.start((records) => world.publish(records), (change) => world.written(change)); });
afterAll(() => services.stop());
beforeEach(() => captureLog());

class World {
  /** The video's row after each accepted write. */
  readonly images = new Map<string, VideoRow[]>();
  readonly removed = new Set<string>();
  readonly taken: Taken[] = [];
  readonly faults: PublisherFault[] = [];

  async write(videoId: string, name: string | undefined, choice: number, fault?: Fault): Promise<void> {
    const row = this.images.get(videoId)?.toSorted((a, b) => a.version - b.version).at(-1);
    const next = row && NEXT[row.status][choice % NEXT[row.status].length];
    await this.asWriter(async (videos, documents) => {
      if (row) return WRITES[name ?? next!](videos, documents, row);
      return videos.create({
        videoId, owner: 'owner', title: 'A title', tags: [], visibility: 'signed-in',
        source: { bucket: 'sources', key: `source/${videoId}/original`, fileName: 'a.mp4', contentType: 'video/mp4', size: 1 },
      }, { description: 'In an item of its own' });
    }, fault);
  }

  /** The result is an error if the process ended during the invocation. */
  publish(records: StreamRecord[]): Promise<InvokeResult> {
    return new Promise((resolve) => {
      let calls = 0;
      let fault: PublisherFault | undefined;
      const bus: InitializeMiddleware<any, any> = () => async ({ input }) => {
        const call = calls++;
        // An invocation that sends no events removes no fault from `faults`.
        if (call === 0) fault = this.faults.shift();
        const kind = call === fault?.call || (fault?.kind === 'refuses' && call > fault.call) ? fault.kind : undefined;
        if (kind === 'ends before') return this.end(resolve);
        if (kind === 'throws before') throw new Error('no answer');
        const answer = this.put(input, kind === 'refuses' ? fault!.refused : []);
        if (kind === 'ends after') return this.end(resolve);
        if (kind === 'throws after') throw new Error('no answer');
        return { output: { $metadata: {}, ...answer } as never, response: {} };
      };
      const client = new EventBridgeClient({ region: 'eu-west-1', maxAttempts: 1 });
      client.middlewareStack.add(bus, { step: 'initialize', priority: 'low' });
      publishEvents({ send: sendEvents(client, { busName: 'bus', tableArn: 'arn:table' }), storeFailed: () => Promise.reject(new Error('no row has a newer format')) })({
        Records: records as unknown as DynamoDBRecord[],
      })
        .then((payload) => resolve(fault?.kind === 'ends before its answer' ? ENDED : { payload }))
        .catch((error) => resolve({ error: { errorType: 'Error', errorMessage: String(error) } }));
    });
  }

  async resend(): Promise<void> {
    const send = async (events: readonly Taken[]) => void this.taken.push(...events);
    const ports = { send, s3: services.s3(), documents: DynamoDBDocumentClient.from(services.client()), bucket: 'failed', tableName: services.tableName };
    const { failed } = await resendEvents(ports)({ source: 'failed' }, { getRemainingTimeInMillis: () => 60_000 });
    expect(failed).toBe(0);
  }

  private put({ Entries = [] }: PutEventsCommandInput, refused: readonly boolean[]) {
    Entries.forEach(({ DetailType, Time, Detail }, index) => {
      if (!refused[index]) this.taken.push({ type: DetailType!, time: Time!, detail: JSON.parse(Detail!) });
    });
    return {
      FailedEntryCount: Entries.filter((_, index) => refused[index]).length,
      Entries: Entries.map((_, index) => (refused[index] ? { ErrorCode: 'ThrottlingException' } : { EventId: `${index}` })),
    };
  }

  /** The promise never settles, so the code of the invocation does not continue. */
  private end(resolve: (answer: InvokeResult) => void): Promise<never> {
    resolve(ENDED);
    return new Promise(() => undefined);
  }

  /** The promise also resolves if the writer's process ends or its request fails. */
  private async asWriter(write: (videos: VideoRepository, documents: DynamoDBDocumentClient) => Promise<unknown>, fault?: Fault): Promise<void> {
    const client = services.client();
    addFaults(client);
    await invoke(() => write(videoRepository(services.tableName, { client }), DynamoDBDocumentClient.from(client)), fault).catch(() => undefined);
    client.destroy();
  }

  written({ before, after }: Change): void {
    const { videoId } = (after ?? before)!;
    if (after) this.images.set(videoId, [...this.images.get(videoId) ?? [], after]);
    else this.removed.add(videoId);
  }
}

/** Computes the expected events of a video's writes, in order, without the code under test. */
function expectedEvents(rows: readonly VideoRow[], isRemoved: boolean): { eventId: string; status: string; title: string; updatedAt: string }[] {
  const event = (type: string, { videoId, status, title, updatedAt }: VideoRow, version: number) => ({ eventId: `${videoId}:${version}:video.${type}`, status, title, updatedAt });
  return [
    ...rows.flatMap((row, n) => {
      const before = rows[n - 1];
      const entered = before && (before.status !== row.status || before.attempt !== row.attempt);
      const types = [...(before ? [] : ['created']), ...(entered ? [row.status] : []), ...(before && before.revision !== row.revision ? ['updated'] : [])];
      return types.map((type) => event(type, row, row.version));
    }),
    ...(isRemoved ? [event('deleted', rows.at(-1)!, rows.at(-1)!.version + 1)] : []),
  ];
}

const publisherFault = fc.record({
  call: fc.constantFrom(0, 0, 0, 1),
  kind: fc.constantFrom<PublisherFault['kind']>('ends before', 'ends after', 'throws before', 'throws before', 'throws after', 'refuses', 'refuses', 'ends before its answer'),
  refused: fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
});
const step = fc.record({
  video: fc.nat(2),
  write: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...Object.keys(WRITES)) }),
  choice: fc.nat(11),
  fault: faults(2),
  together: fc.boolean(),
  publisher: fc.array(publisherFault, { maxLength: 1 }),
  // A longer pause of `publish-events` leads to a larger batch of changes.
  services: fc.constantFrom(...Array<undefined>(16).fill(undefined), 'pause', 'pause', 'pause', 'resume', 'restart', 'late'),
});

/** After the last step, only `publish-events` can fail. It sends the remaining events when no faults are left. */
test('sends the events of each change after any faults, with stable ids, and with versions in the order of the writes', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 50 }), fc.nat(), async (steps, seed) => {
    world = new World();
    await services.mark();
    const first = ids;
    ids += 3;
    for (let n = 0; n < steps.length; n++) {
      const { publisher, services: change, together } = steps[n];
      world.faults.push(...publisher);
      if (change === 'pause') await services.pause();
      if (change === 'resume') await services.resume();
      if (change === 'restart') await services.restart();
      if (change === 'late') services.lateMilliseconds = LATE_MS;
      const now = together && steps[n + 1] ? [steps[n], steps[++n]] : [steps[n]];
      await Promise.all(now.map(({ video, write, choice, fault }) => world.write(idOf(first + video), write, choice, fault)));
      if (change === 'late') await services.resume();
      else services.lateMilliseconds = 0;
    }
    services.lateMilliseconds = 0;
    await services.resume();

    const videos = [...world.images].map(([videoId, images]) => (
      { videoId, rows: images.toSorted((a, b) => a.version - b.version), isRemoved: world.removed.has(videoId) }));
    for (const { videoId, rows, isRemoved } of videos) {
      expect(rows.map(({ version }) => version)).toEqual(rows.map((_, n) => n + 1));
      const changes = await services.changesOf(videoId);
      expect(changes.map(({ after }) => after)).toEqual([...rows, ...(isRemoved ? [undefined] : [])]);
      expect(changes.map(({ before }) => before)).toEqual([undefined, ...rows].slice(0, changes.length));
    }
    expect(videos.length).toBeGreaterThan(0);
    const expected = videos.flatMap(({ rows, isRemoved }) => expectedEvents(rows, isRemoved));
    await services.until(async () => {
      if (services.failed.size > 0) await world.resend();
      const arrived = new Set(world.taken.map(({ detail }) => detail.eventId));
      return expected.every(({ eventId }) => arrived.has(eventId));
    });

    // Events of earlier histories can arrive again, in any order, as with EventBridge. All events with the same id must be equal.
    const order = (n: number) => createHash('sha256').update(`${seed} ${n}`).digest('hex');
    const isOurs = ({ detail }: Taken) => world.images.has(detail.video.videoId);
    const delivered = world.taken.filter(isOurs).map((event, n) => ({ ...event, key: order(n) })).sort((a, b) => (a.key < b.key ? -1 : 1));
    const byId = new Map<string, Omit<(typeof delivered)[number], 'key'>>();
    for (const { key, ...event } of delivered) {
      expect(event).toEqual(byId.get(event.detail.eventId) ?? event);
      byId.set(event.detail.eventId, event);
    }
    const kinds = ['created', 'uploaded', 'processing', 'ready', 'errored', 'deleting', 'updated', 'deleted'].map((name) => `video.${name}`);
    for (const { videoId, rows, isRemoved } of videos) {
      const events = [...byId.values()].filter(({ detail }) => detail.video.videoId === videoId)
        .sort((a, b) => a.detail.version - b.detail.version || kinds.indexOf(a.type) - kinds.indexOf(b.type));
      const told = events.map(({ detail: { eventId, video: { status, title, updatedAt } } }) => ({ eventId, status, title, updatedAt }));
      expect(told).toEqual(expectedEvents(rows, isRemoved));
      expect(events.every(({ type, detail }) => detail.eventId === `${videoId}:${detail.version}:${type}`)).toBe(true);
    }
    expect(byId.size).toBe(expected.length);
    // fast-check's shrinking is off: a lost event is detected only after seconds, so shrinking would take minutes. A run with the printed seed repeats the
    // failed history.
  }), { numRuns: Number(process.env.HISTORIES ?? 10), endOnFailure: true });
}, 60_000 + Number(process.env.HISTORIES ?? 0) * 2000);
