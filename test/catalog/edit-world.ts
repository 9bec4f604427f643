import { MediaConvertClient } from '@aws-sdk/client-mediaconvert';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { InitializeMiddleware } from '@smithy/types';
import type { Usage as Observed } from '../../local/usage';
import type { VideoDetails, VideoRow } from '../../src/contract/table';
import { jobMetadata } from '../../src/transcode/job/job-metadata';
import { chooseRungs, DEFAULT_LADDER } from '../../src/transcode/job/ladder';
import type { Source } from '../../src/transcode/source/source';
import { FakeS3 } from '../histories/fake-s3';
import { addFaults, Fault, invoke, Turns } from '../histories/invocations';
import { apiEvent } from '../runtime/api-event';
import { CatalogTable, idOf } from '../runtime/rows/catalog-table';

export type Sources = typeof import('../../src/catalog/edit-videos.runtime') & typeof import('../../src/catalog/read-videos.runtime') & typeof import('../../src/runtime/http')
  & typeof import('../../src/runtime/rows/due-videos') & typeof import('../../src/runtime/rows/video-repository') & typeof import('../../src/sweeper/sweep-videos.runtime')
  & typeof import('../../src/transcode/record-job-event.runtime') & typeof import('../../src/transcode/request-job.runtime') & typeof import('../../src/transcode/retry-videos.runtime')
  & typeof import('../../src/upload/continue-upload.runtime') & typeof import('../../src/upload/multipart-uploads.runtime') & typeof import('../../src/upload/plan-upload.runtime');

export const SOURCE_FILES = [
  'catalog/edit-videos.runtime', 'catalog/read-videos.runtime', 'runtime/http', 'runtime/rows/due-videos', 'runtime/rows/video-repository', 'sweeper/sweep-videos.runtime',
  'transcode/record-job-event.runtime', 'transcode/request-job.runtime', 'transcode/retry-videos.runtime',
  'upload/continue-upload.runtime', 'upload/multipart-uploads.runtime', 'upload/plan-upload.runtime',
];

export const HOUR = 3_600_000;
const EXPIRY_SECONDS = 3 * 3600;
const ROLES = { admins: ['bosses'] };
const SIZE = 1000;
const SOURCE = { width: 640, height: 360, hasAudio: true, durationSeconds: 60, squarePixels: true, rotate: 'AUTO' } as Source;
const SETTINGS = {
  maxSize: 1e6, multipartThreshold: 1e6, contentTypes: ['video/*'], expirySeconds: 900, defaultVisibility: 'private' as const, incompleteExpirySeconds: EXPIRY_SECONDS,
  quotas: { openUploads: 1e9, videos: 1e9, storedBytes: 1e12, uploadsPerDay: 1e9 },
};

/** The fields that only an edit changes. */
export type Editable = Pick<VideoRow, 'title' | 'tags' | 'visibility' | 'owner' | 'publishAt' | 'unpublishAt'> & VideoDetails;
export type Patch = { readonly [Name in keyof Editable]?: Editable[Name] | null };
/** The version of a video that a browser window shows. */
interface Shown { readonly etag: string }
/** A browser window, with the videos that the window has read. */
export interface Window { readonly userId: string; readonly groups: string[]; readonly shown: Map<string, Shown> }
interface Job { readonly videoId: string; readonly attempt: number; result?: 'COMPLETE' | 'ERROR' }
type Item = Record<string, any>;

let made = 0;

/** Returns the fields of a video. An empty long text is equal to a missing long text. */
function editableOf(row: Patch, { description, metadata }: Patch): Editable {
  const { title, tags, visibility, owner, publishAt, unpublishAt } = row;
  const texts = { description: description || undefined, metadata: metadata && Object.keys(metadata).length > 0 ? metadata : undefined };
  return defined({ title, tags, visibility, owner, publishAt, unpublishAt, ...texts }) as Editable;
}

function defined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null)) as T;
}

/** Returns the fields after an edit, as docs/videos.md describes it. */
function applied(fields: Editable, patch: Patch): Editable {
  const all = { ...fields, ...patch };
  return editableOf(all, all);
}

function inRow({ description, metadata, ...fields }: Editable): Patch {
  return fields;
}

function isSame(a: unknown, b: unknown): boolean {
  return sorted(a) === sorted(b);
}

function sorted(value: unknown): string {
  const isMap = (each: unknown): each is object => typeof each === 'object' && each !== null && !Array.isArray(each);
  return JSON.stringify(value, (_, each) => (isMap(each) ? Object.fromEntries(Object.entries(each).sort(([x], [y]) => (x < y ? -1 : 1))) : each)) ?? '';
}

/** The videos of two owners. Clients edit the videos in several browser windows. All handlers run at the simulated time `now`. */
export class EditWorld {
  now = Date.parse('2026-11-29T20:00:00Z');
  readonly turns = new Turns();
  readonly s3 = new FakeS3(() => this.now);
  readonly owners = ['ann', 'bob'].map((name) => `${name}-${made}`);
  readonly windows: readonly Window[] = [[this.owners[0]], [this.owners[0]], [this.owners[1]], ['eve', 'bosses'], ['eve', 'bosses']].map(([userId, ...groups]) => (
    { userId, groups, shown: new Map() }));
  readonly known: string[] = [];
  readonly jobs: Job[] = [];
  readonly rows = new Map<string, VideoRow>();
  readonly usage = new Map<string, Item>();
  readonly violations: string[] = [];
  private readonly details = new Map<string, VideoDetails>();
  /** The fields of each video, by revision. */
  private readonly revisions = new Map<string, Editable[]>();
  /** All edits that clients have sent, by video. `base`: the revision in `If-Match`. */
  private readonly sent = new Map<string, { base: number; patch: Patch }[]>();
  /** The confirmed edits, as `{videoId}.{revision}`. */
  private readonly confirmed = new Set<string>();
  private readonly parts: ReturnType<EditWorld['makeParts']>;

  constructor(private readonly sources: Sources, private readonly table: CatalogTable) {
    this.parts = this.makeParts();
  }

  time(hours: number): string {
    return new Date(this.now + hours * HOUR).toISOString();
  }

  /** Compares each write with the rules for edits. */
  wrote({ changes, isTransaction }: Extract<Observed, { kind: 'write' }>): void {
    const real = changes.map(({ before, after }) => [before, after].map((image) => image && unmarshall(image)) as [Item | undefined, Item | undefined])
      .filter(([before, after]) => !isSame(before, after));
    for (const [before, after] of real) {
      const { pk, sk } = after ?? before!;
      if (sk === 'usage' && after) this.usage.set(pk.slice('owner#'.length), after);
      if (sk === 'details') this.details.set(pk.slice('video#'.length), after ?? {});
    }
    for (const [before, after] of real) {
      if ((after ?? before!).sk === 'video') this.wroteRow(before as VideoRow | undefined, after as VideoRow | undefined, isTransaction ? real : []);
    }
    for (const [before, after] of real) {
      const { pk, sk } = after ?? before!;
      const hasRow = real.some(([a, b]) => (b ?? a!).pk === pk && (b ?? a!).sk === 'video');
      if (sk === 'details' && !hasRow) this.violations.push(`the texts of ${pk} changed without its row`);
    }
  }

  private wroteRow(before: VideoRow | undefined, after: VideoRow | undefined, transaction: [Item | undefined, Item | undefined][]): void {
    const { videoId } = (after ?? before)!;
    if (!after) return void this.rows.delete(videoId);
    this.rows.set(videoId, after);
    const fields = editableOf(after, this.details.get(videoId) ?? {});
    if (!before) return void this.revisions.set(videoId, [undefined!, fields]);
    const known = this.revisions.get(videoId)!;
    const last = known[before.revision];
    if (after.version !== before.version + 1) this.violations.push(`${videoId} has the version ${after.version} after ${before.version}`);
    if (after.revision === before.revision) {
      if (!isSame(fields, last)) this.violations.push(`${videoId} was edited without a new revision: ${JSON.stringify({ last, fields })}`);
    } else {
      const isExplained = (this.sent.get(videoId) ?? []).some(({ base, patch }) => base === before.revision && isSame(applied(last, patch), fields));
      if (after.revision !== before.revision + 1 || !isExplained) {
        this.violations.push(`no edit of revision ${before.revision} leads to revision ${after.revision} of ${videoId}: ${JSON.stringify({ last, fields })}`);
      }
      known[after.revision] = fields;
    }
    if (after.attempt === before.attempt) return;
    if (before.status !== 'errored' || after.attempt !== before.attempt + 1) this.violations.push(`${videoId} got the attempt ${after.attempt} from ${before.status}`);
    const counted = transaction.filter(([, item]) => item?.sk === 'usage').map(([, item]) => item!.pk);
    if (counted.some((pk) => pk !== `owner#${after.owner}`)) this.violations.push(`the retry of ${videoId} was counted for ${counted.join()}`);
  }

  private uploads(videoId: string, event: ReturnType<typeof apiEvent>, fault?: Fault): Promise<{ status: number }> {
    const { planUpload, continueUpload } = this.sources;
    return this.request('upload/manage-uploads', ({ upload }) => ({ ...planUpload({ ...upload, newId: async () => videoId }), ...continueUpload(upload) }), event, fault);
  }

  async create(owner: string, given: Patch, fault?: Fault): Promise<void> {
    const videoId = idOf(16 * ++made);
    const body = { fileName: 'a.mp4', contentType: 'video/mp4', size: SIZE, ...defined(given), owner: undefined };
    const { status } = await this.uploads(videoId, apiEvent('POST', '/upload', { userId: owner, groups: [], body }), fault);
    if (status === 201 || this.rows.has(videoId)) this.known.push(videoId);
  }

  async abort(videoId: string, fault?: Fault): Promise<void> {
    const userId = this.rows.get(videoId)?.owner ?? this.owners[0];
    await this.uploads(videoId, apiEvent('DELETE', '/upload/{videoId}', { userId, groups: [], path: { videoId } }), fault);
  }

  /** The file of the upload arrives, and the submit function creates the job of the first attempt. */
  async arrive(videoId: string, fault?: Fault): Promise<void> {
    const row = this.rows.get(videoId);
    if (!row || row.status !== 'waiting') return;
    if (!this.s3.objects.has(row.source.key)) this.s3.store(row.source.key, { size: SIZE, contents: ['A'] });
    await this.run(({ videos }) => videos.markUploaded(videoId, SIZE, 'message'), fault);
    if (this.rows.get(videoId)?.status === 'uploaded') this.jobs.push({ videoId, attempt: 1 });
  }

  async report(job: Job, result: Job['result'] | 'STATUS_UPDATE', percent: number, fault?: Fault): Promise<void> {
    const { videoId, attempt } = job;
    if (result !== 'STATUS_UPDATE') job.result ??= result;
    const detail = {
      jobId: `job-${videoId}-${attempt}`, status: result === 'STATUS_UPDATE' ? result : job.result, errorCode: 1010, errorMessage: 'no',
      jobProgress: { jobPercentComplete: percent },
      userMetadata: jobMetadata(videoId, attempt, SOURCE, chooseRungs(SOURCE, DEFAULT_LADDER), { tooLongFrom: 3600 }),
      outputGroupDetails: [{ type: 'CMAF_GROUP', outputDetails: [{ durationInMs: 60_000, videoDetails: { widthInPx: 640, heightInPx: 360 } }] }],
    };
    await this.run(({ jobEvents }) => jobEvents({ detail } as never), fault);
  }

  async read(window: Window, videoId: string, fault?: Fault): Promise<void> {
    const { status, etag, body } = await this.request('catalog/read-videos', ({ read }) => read,
      apiEvent('GET', '/streams/{videoId}', { userId: window.userId, groups: window.groups, path: { videoId } }), fault);
    if (status !== 200) return;
    window.shown.set(videoId, { etag });
    this.compare(videoId, etag, body, false);
  }

  /** Sends an edit with the ETag that the window has read. */
  async edit(window: Window, videoId: string, patch: Patch, isAlone: boolean, fault?: Fault): Promise<void> {
    if (!window.shown.has(videoId)) await this.read(window, videoId);
    const shown = window.shown.get(videoId);
    if (!shown) return;
    const base = revisionIn(shown.etag);
    const sent = this.sent.get(videoId) ?? [];
    this.sent.set(videoId, [...sent, { base, patch }]);
    const before = this.rows.get(videoId);
    const { status, etag, body } = await this.request('catalog/edit-videos', ({ edit }) => edit, apiEvent('PATCH', '/streams/{videoId}', {
      userId: window.userId, groups: window.groups, path: { videoId }, body: patch, headers: { 'If-Match': shown.etag },
    }), fault);
    if (status === 200) {
      const revision = revisionIn(etag);
      const known = this.revisions.get(videoId)!;
      const isTwice = this.confirmed.has(`${videoId}.${revision}`);
      if (revision !== base && (revision !== base + 1 || isTwice)) this.violations.push(`an edit of revision ${base} was confirmed with ${etag}`);
      if (revision !== base) this.confirmed.add(`${videoId}.${revision}`);
      const [wanted, stored] = [applied(known[base], patch), known[revision]].map((fields) => (revision === base ? inRow(fields) : fields));
      if (!isSame(wanted, stored)) this.violations.push(`the confirmed edit ${etag} is not stored`);
      this.compare(videoId, etag, body, revision !== base);
      window.shown.set(videoId, { etag });
    }
    if (status === 412) {
      if (this.rows.get(videoId)?.revision === base) this.violations.push(`412, although the revision is ${base}`);
      window.shown.delete(videoId);
    }
    const isManager = before?.owner === window.userId || window.groups.length > 0;
    if (!isAlone || fault || !isManager || !before || before.status === 'deleting') return;
    const isTransferOfWaiting = before.status === 'waiting' && patch.owner !== undefined && patch.owner !== before.owner;
    const expected = patch.owner !== undefined && window.groups.length === 0 ? 403 : before.revision !== base ? 412 : isTransferOfWaiting ? 409 : 200;
    if (status !== expected) this.violations.push(`an edit of revision ${base} has the status ${status}, expected ${expected}: ${JSON.stringify(body)}`);
  }

  async retry(window: Window, videoId: string, isAlone: boolean, fault?: Fault): Promise<void> {
    const before = this.rows.get(videoId);
    const { status, body } = await this.request('transcode/retry-videos', ({ retry }) => retry,
      apiEvent('POST', '/streams/{videoId}/retry', { userId: window.userId, groups: window.groups, path: { videoId } }), fault);
    const isManager = before?.owner === window.userId || window.groups.length > 0;
    if (!isAlone || fault || !isManager || before?.status !== 'errored') return;
    const expected = before.error?.code === 'upload_expired' ? 409 : before.attempt >= 10 ? 429 : 202;
    if (status !== expected) this.violations.push(`a retry has the status ${status}, expected ${expected}: ${JSON.stringify(body)}`);
  }

  async sweep(fault?: Fault): Promise<void> {
    await this.run(({ sweep }) => sweep({}, { getRemainingTimeInMillis: () => 600_000 }), fault);
  }

  /** Returns the ids in all pages of a list. */
  async list(window: Window, query: Record<string, string>): Promise<string[]> {
    const ids: string[] = [];
    for (let cursor: string | undefined, pages = 0; pages < 100; pages++) {
      const { status, body } = await this.request('catalog/read-videos', ({ read }) => read,
        apiEvent('GET', '/streams', { userId: window.userId, groups: window.groups, query: { limit: '2', ...query, ...(cursor && { cursor }) } }));
      if (status !== 200) throw new Error(`the list ${JSON.stringify(query)} has the status ${status}`);
      ids.push(...body.items.map(({ videoId }: { videoId: string }) => videoId));
      if ((cursor = body.cursor) === undefined) return ids;
    }
    throw new Error('the list has no end');
  }

  async items(): Promise<Item[]> {
    const { Items = [] } = await DynamoDBDocumentClient.from(this.table.direct()).send(new ScanCommand({ TableName: this.table.tableName }));
    return Items;
  }

  /**
   * A response must contain the fields of the revision in its ETag. If the response does not confirm an edit, its long texts can be newer (docs/decisions/035,
   * "Order of the reads").
   */
  private compare(videoId: string, etag: string, body: Patch, isWritten: boolean): void {
    const revision = revisionIn(etag);
    const known = this.revisions.get(videoId)!;
    const expected = known[revision];
    const found = editableOf(body, body);
    const isRight = isWritten ? isSame(found, expected)
      : isSame(inRow(found), inRow(expected)) && known.slice(revision).some(({ description, metadata }) => isSame({ ...found, description, metadata }, found));
    if (!isRight) this.violations.push(`the response with ${etag} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }

  private async request(handler: any, operations: (parts: EditWorld['parts']) => any, event: any, fault?: Fault): Promise<{ status: number; etag: string; body: any }> {
    const answer = await invoke(() => this.sources.serveRoutes(handler, operations(this.parts))(event), fault, this.turns);
    const status = answer?.statusCode ?? 0;
    // With many concurrent writes, an edit can fail with 503.
    if (status === 500 && !fault) this.violations.push(`the status 500 without a fault: ${answer!.body}`);
    return { status, etag: String(answer?.headers?.etag), body: answer?.body ? JSON.parse(answer.body) : undefined };
  }

  private async run(act: (parts: EditWorld['parts']) => Promise<unknown>, fault?: Fault): Promise<void> {
    try {
      await invoke(() => act(this.parts), fault, this.turns);
    } catch (error) {
      if (!fault) this.violations.push(`an error without a fault: ${(error as Error).stack}`);
    }
  }

  private makeParts() {
    const [dynamo, s3, sqs, mediaConvert] = [this.table.direct(), this.s3.client(), this.makeQueue(), this.makeMediaConvert()];
    addFaults(dynamo, s3, sqs, mediaConvert);
    const { sources } = this;
    const clock = () => new Date(this.now);
    const videos = sources.videoRepository(this.table.tableName, { client: dynamo, clock });
    const due = sources.dueVideos(this.table.tableName, dynamo);
    const uploads = sources.multipartUploads('sources', s3);
    const transcode = { sqs, submitQueueUrl: 'https://sqs.example.com/submit', mediaConvert };
    const common = { videos, roles: ROLES, clock };
    // All ids of these histories end with 0, so the other shards are empty.
    const listDue: typeof due.listDue = async (shard, ...more) => (shard === '0' ? due.listDue(shard, ...more) : { due: [] });
    return {
      videos,
      read: sources.readVideos({ ...common, posterUrls: async () => undefined }),
      edit: sources.editVideos(common),
      retry: sources.retryVideos({ ...common, uploadsPerDay: 1e9, requestJob: (message) => sources.requestJob(transcode, message) }),
      upload: {
        ...common, settings: SETTINGS, uploads, bucket: 'sources',
        signUrl: async () => ({ url: 'https://sources.example.com', headers: {}, expiresAt: clock().toISOString() }),
      },
      jobEvents: sources.recordJobEvents({ videos, mediaBucket: 'media' }),
      sweep: sources.sweepVideos({
        videos, due: { ...due, listDue }, clock, transcode,
        upload: { uploads, expiry: { incompleteExpirySeconds: EXPIRY_SECONDS, expiredRetentionSeconds: 2 * EXPIRY_SECONDS } },
      }),
    };
  }

  private makeQueue(): SQSClient {
    const sqs = new SQSClient({ region: 'eu-central-1', maxAttempts: 1, md5: false });
    const queue: InitializeMiddleware<any, any> = () => async ({ input }) => {
      const { videoId, attempt } = JSON.parse(input.MessageBody);
      if (!this.jobs.some((job) => job.videoId === videoId && job.attempt === attempt)) this.jobs.push({ videoId, attempt });
      return { output: { $metadata: {} }, response: {} } as never;
    };
    sqs.middlewareStack.add(queue, { step: 'initialize', priority: 'low' });
    return sqs;
  }

  /** Returns a MediaConvert client that reports every job as running. */
  private makeMediaConvert(): MediaConvertClient {
    const client = new MediaConvertClient({ region: 'eu-central-1', maxAttempts: 1 });
    const service: InitializeMiddleware<any, any> = () => async ({ input }) => ({ output: { $metadata: {}, Job: { Id: input.Id, Status: 'PROGRESSING' } }, response: {} } as never);
    client.middlewareStack.add(service, { step: 'initialize', priority: 'low' });
    return client;
  }
}

function revisionIn(etag: string): number {
  return Number(/\.(\d+)"$/.exec(etag)![1]);
}
