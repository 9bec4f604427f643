import { rmSync } from 'fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as s3 from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { InitializeMiddleware } from '@smithy/types';
import fc from 'fast-check';
import { createS3 } from '../../local/s3/s3';
import type { BusEvent } from '../../local/types';
import type { VideoRow } from '../../src/contract/table';
import type { Usage } from '../../src/domain/quotas';
import { dueVideos } from '../../src/runtime/rows/due-videos';
import { videoRepository } from '../../src/runtime/rows/video-repository';
import { sweepVideos } from '../../src/sweeper/sweep-videos.runtime';
import { continueUpload } from '../../src/upload/continue-upload.runtime';
import { multipartUploads } from '../../src/upload/multipart-uploads.runtime';
import { planUpload } from '../../src/upload/plan-upload.runtime';
import { accessOf, startFake, stackOf } from '../local/s3/fixture';
import { CatalogTable, catalogTable, idOf } from '../runtime/rows/catalog-table';

const BUCKET = 'sources';
const HOUR = 3_600_000;
const OWNERS = ['ann', 'bob'] as const;
const QUOTAS = { openUploads: 3, videos: 6, storedBytes: 25, uploadsPerDay: 5 };
const SETTINGS = {
  maxSize: 100, multipartThreshold: 5, contentTypes: ['video/*'], expirySeconds: 900, defaultVisibility: 'private' as const, incompleteExpirySeconds: 24 * 3600, quotas: QUOTAS,
};
const EXPIRY = { incompleteExpirySeconds: 24 * 3600, expiredRetentionSeconds: 48 * 3600 };

/** A fault at the n-th request of an invocation. The process ends or the request fails, before or after AWS executes the request. */
interface Fault { readonly call: number; readonly ends: boolean; readonly after: boolean }
interface Message { readonly videoId: string; readonly size: number }

let table: CatalogTable;
let served: Awaited<ReturnType<typeof startFake>>;
let client: s3.S3Client;
const stack = stackOf([{ type: 'AWS::S3::Bucket', physicalId: BUCKET, properties: { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } } }]);
const events: BusEvent[] = [];
let store: ReturnType<typeof createS3>['store'];
beforeAll(async () => {
  table = await catalogTable();
  const access = accessOf();
  const made = createS3({ stack, putEvent: (event) => events.push(event), access });
  store = made.store;
  served = await startFake(made.service, access, true);
  client = s3Client();
  for (const level of ['info', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation(() => undefined);
});
afterAll(async () => {
  client.destroy();
  await served.stop();
  await table.close();
  rmSync(stack.dataFolder, { recursive: true });
});

function s3Client(): s3.S3Client {
  return new s3.S3Client({
    endpoint: served.endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1, forcePathStyle: true,
  });
}

let made = 0;

/** The videos of two owners. The code of the handlers and of the sweeper runs at the simulated time `now`. */
class World {
  now = Date.parse('2026-11-29T12:00:00Z');
  /** The ids of the created videos. */
  readonly videos: string[] = [];
  readonly messages: Message[] = [];
  /** Videos whose file a client sent completely, and videos that their owner aborted. */
  readonly sent = new Set<string>();
  readonly aborted = new Set<string>();
  /** The number of upload requests that failed or were killed. */
  failedPlans = 0;
  private readonly first = made;

  async plan(owner: string, size: number, fault?: Fault): Promise<void> {
    const videoId = idOf(made++);
    const outcome = await this.invoke(({ ports }) => planUpload({ ...ports, newId: async () => videoId, bucket: BUCKET }).planUpload({
      caller: { userId: owner, groups: [] }, body: { fileName: 'a.mp4', contentType: 'video/mp4', size }, path: {}, query: {}, headers: {},
    } as never), fault).then((answer) => (answer ? 'planned' : 'failed'), ({ code }) => (code === 'limit_reached' ? 'refused' : 'failed'));
    if (outcome === 'failed') this.failedPlans++;
    if (outcome !== 'refused') this.videos.push(videoId);
  }

  /** Sends the whole file as a client with signed URLs does. */
  async send(videoId: string): Promise<void> {
    const row = await this.row(videoId);
    if (row?.status !== 'waiting') return;
    const Body = Buffer.alloc(row.source.size, 'x');
    const at = { Bucket: BUCKET, Key: row.source.key };
    if (!row.upload) {
      await client.send(new s3.PutObjectCommand({ ...at, Body, IfNoneMatch: '*' })).then(() => this.recordSent(videoId), () => undefined);
    } else {
      await client.send(new s3.UploadPartCommand({ ...at, Body, UploadId: row.upload.id, PartNumber: 1, ChecksumAlgorithm: 'CRC32' })).catch(() => undefined);
    }
  }

  async complete(videoId: string, fault?: Fault): Promise<void> {
    await this.operate('completeUpload', videoId, fault);
    await this.recordSent(videoId);
  }

  /** A file that arrives after its upload has expired is deleted, so such a file does not count as sent. */
  private async recordSent(videoId: string): Promise<void> {
    const row = await this.row(videoId);
    if (row?.status !== 'errored' && store.get(BUCKET, `source/${videoId}/original`)) this.sent.add(videoId);
  }

  async abort(videoId: string, fault?: Fault): Promise<void> {
    await this.operate('abortUpload', videoId, fault);
    if ((await this.row(videoId))?.status === 'deleting') this.aborted.add(videoId);
  }

  /** Handles an event of S3, as the submit function does. */
  async deliver({ videoId, size }: Message, fault?: Fault): Promise<boolean> {
    return this.invoke(async ({ videos }) => {
      await videos.markUploaded(videoId, size, 'message');
      return true;
    }, fault).then((isDone) => isDone === true, () => false);
  }

  async sweep(fault?: Fault): Promise<void> {
    await this.invoke(({ ports: { videos, uploads, clock }, dynamo }) => sweepVideos({
      videos, due: dueVideos(table.tableName, dynamo), clock, upload: { uploads, expiry: EXPIRY },
    })({}, { getRemainingTimeInMillis: () => 600_000 }), fault).catch(() => undefined);
  }

  /** Adds the new events of S3 to `messages`. */
  collect(): void {
    for (const { detail } of events.splice(0)) this.messages.push({ videoId: detail.object.key.split('/')[1], size: detail.object.size });
  }

  async row(videoId: string): Promise<VideoRow | undefined> {
    return (await this.items()).rows.find((row) => row.videoId === videoId);
  }

  /** Returns the rows of this world and the stored usage of its owners. */
  async items(): Promise<{ rows: VideoRow[]; usage: Map<string, Partial<Usage>> }> {
    const { Items = [] } = await DynamoDBDocumentClient.from(table.client).send(new ScanCommand({ TableName: table.tableName, ConsistentRead: true }));
    return {
      rows: Items.filter(({ sk, videoId }) => sk === 'video' && videoId >= idOf(this.first)) as VideoRow[],
      usage: new Map(Items.filter(({ sk }) => sk === 'usage').map(({ pk, sk, ...usage }) => [pk.slice('owner#'.length), usage])),
    };
  }

  private operate(operation: 'completeUpload' | 'abortUpload', videoId: string, fault?: Fault): Promise<unknown> {
    return this.invoke(async ({ ports, videos }) => {
      const owner = (await videos.find(videoId))?.owner ?? 'ann';
      return continueUpload(ports)[operation]({ caller: { userId: owner, groups: [] }, path: { videoId }, body: {}, query: {}, headers: {} } as never);
    }, fault).catch(() => undefined);
  }

  /** Returns undefined if the process ended during the invocation. */
  private invoke<T>(run: (parts: ReturnType<World['parts']>) => Promise<T>, fault?: Fault): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      let calls = 0;
      const faults: InitializeMiddleware<any, any> = (next) => async (args) => {
        const isHit = calls++ === fault?.call;
        const answer = isHit && !fault.after ? undefined : await next(args);
        if (!isHit) return answer!;
        if (!fault.ends) throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
        resolve(undefined);
        return new Promise(() => undefined);
      };
      run(this.parts(faults)).then(resolve, reject);
    });
  }

  private parts(faults: InitializeMiddleware<any, any>) {
    const { endpoint, region, credentials } = table.client.config;
    const dynamo = new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 });
    const ofS3 = s3Client();
    for (const { middlewareStack } of [dynamo, ofS3] as { middlewareStack: any }[]) middlewareStack.add(faults, { step: 'initialize', priority: 'high' });
    const clock = () => new Date(this.now);
    const videos = videoRepository(table.tableName, { client: dynamo, clock });
    const uploads = multipartUploads(BUCKET, ofS3);
    const signUrl = async () => ({ url: 'https://sources.example.com/', headers: {}, expiresAt: clock().toISOString() });
    return { dynamo, videos, ports: { videos, roles: {}, signUrl, uploads, settings: SETTINGS, serviceUrl: 'https://videos.example.com', clock } };
  }
}

/** The usage that the rows imply. */
function usageOf(rows: readonly VideoRow[], owner: string) {
  const counted = rows.filter((row) => row.owner === owner && row.status !== 'deleting');
  const open = counted.filter(({ status }) => status === 'waiting').length;
  const bytes = counted.filter(({ error }) => error?.code !== 'upload_expired').reduce((sum, { source }) => sum + source.size, 0);
  return { openUploads: open, videos: counted.length, storedBytes: bytes };
}

const fault = fc.option(fc.record({ call: fc.nat(6), ends: fc.boolean(), after: fc.boolean() }), { nil: undefined, freq: 3 });
const step = fc.record({
  action: fc.constantFrom('plan', 'plan', 'plan', 'send', 'send', 'complete', 'complete', 'abort', 'deliver', 'deliver', 'sweep', 'wait'),
  owner: fc.constantFrom(...OWNERS), size: fc.integer({ min: 1, max: 9 }), which: fc.nat(20), hours: fc.integer({ min: 1, max: 30 }), keeps: fc.boolean(),
  fault,
  together: fc.option(fc.constantFrom('complete', 'abort', 'send', 'sweep', 'deliver'), { nil: undefined, freq: 2 }),
});

test('usage, rows, parts and objects agree after any order of requests, events, sweeps and faults', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
    const world = new World();
    // Each history has new owners.
    const owners = new Map(OWNERS.map((name) => [name, `${name}-${made}`]));
    const run = async (action: string, { owner, size, which, hours, keeps, fault: hit }: typeof steps[number]) => {
      const videoId = world.videos[which % Math.max(1, world.videos.length)];
      if (action === 'plan') return world.plan(owners.get(owner)!, size, hit);
      if (action === 'sweep') return world.sweep(hit);
      if (action === 'wait') return void (world.now += hours * HOUR);
      if (action === 'deliver') {
        const [message] = world.messages.splice(which % Math.max(1, world.messages.length), 1);
        if (message && (!await world.deliver(message, hit) || keeps)) world.messages.push(message);
        return undefined;
      }
      if (videoId === undefined) return undefined;
      return action === 'send' ? world.send(videoId) : action === 'complete' ? world.complete(videoId, hit) : world.abort(videoId, hit);
    };
    const agree = async () => {
      world.collect();
      const { rows, usage } = await world.items();
      for (const owner of owners.values()) {
        const stored = usage.get(owner) ?? {};
        const { openUploads = 0, videos = 0, storedBytes = 0 } = stored;
        expect({ owner, openUploads, videos, storedBytes }).toEqual({ owner, ...usageOf(rows, owner) });
        expect(openUploads).toBeLessThanOrEqual(QUOTAS.openUploads);
        expect(videos).toBeLessThanOrEqual(QUOTAS.videos);
        expect(storedBytes).toBeLessThanOrEqual(QUOTAS.storedBytes);
      }
      return rows;
    };
    for (const each of steps) {
      await Promise.all([run(each.action, each), ...each.together ? [run(each.together, { ...each, fault: undefined })] : []]);
      await agree();
    }
    // No request fails any more. All events arrive, and the sweeper runs until nothing is due. The local S3 stores parts with the real time, which can be later
    // than the simulated time.
    for (let round = 0; round < 16; round++) {
      world.collect();
      for (const message of world.messages.splice(0)) await world.deliver(message);
      await world.sweep();
      world.now += 12 * HOUR;
    }
    const rows = await agree();
    const left = rows.map(({ status, error }) => error?.code ?? status);
    expect(left.filter((state) => state !== 'uploaded')).toEqual([]);
    const keys = store.list(BUCKET).map(({ key }) => key).filter((key) => world.videos.some((videoId) => key.includes(videoId)));
    expect(keys.sort()).toEqual(rows.map(({ source }) => source.key).sort());
    // A file that was sent completely is lost only if its owner aborted the upload.
    for (const videoId of world.sent) if (!world.aborted.has(videoId)) expect(rows.map((row) => row.videoId)).toContain(videoId);
    // If a process starts a multipart upload, and ends before it creates the row, an upload without parts remains. S3 deletes it after 7 days.
    const { Uploads = [] } = await client.send(new s3.ListMultipartUploadsCommand({ Bucket: BUCKET }));
    expect(Uploads.length).toBeLessThanOrEqual(world.failedPlans);
    for (const { Key, UploadId } of Uploads) {
      expect((await client.send(new s3.ListPartsCommand({ Bucket: BUCKET, Key, UploadId }))).Parts).toBeUndefined();
      await client.send(new s3.AbortMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId }));
    }
  }), { numRuns: Number(process.env.HISTORIES ?? 20), ...(process.env.SEED && { seed: Number(process.env.SEED) }) });
}, 600_000);
