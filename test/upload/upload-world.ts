import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { InitializeMiddleware } from '@smithy/types';
import type { VideoRow } from '../../src/contract/table';
import type { Usage } from '../../src/domain/quotas';
import { Body, checksumOf, FakeS3 } from '../histories/fake-s3';
import { addFaults, Fault, invoke, Turns } from '../histories/invocations';
import { CatalogTable, idOf } from '../runtime/rows/catalog-table';

export type Sources = typeof import('../../src/ingest/ingest-objects.runtime') & typeof import('../../src/runtime/http-problem')
  & typeof import('../../src/runtime/rows/due-videos') & typeof import('../../src/runtime/rows/video-repository')
  & typeof import('../../src/sweeper/sweep-videos.runtime') & typeof import('../../src/upload/continue-upload.runtime')
  & typeof import('../../src/upload/multipart-uploads.runtime') & typeof import('../../src/upload/plan-upload.runtime')
  & typeof import('../../src/upload/sign-url.runtime') & typeof import('../../src/upload/signing-session.runtime');

export const SOURCE_FILES = [
  'ingest/ingest-objects.runtime', 'runtime/http-problem', 'runtime/rows/due-videos', 'runtime/rows/video-repository', 'sweeper/sweep-videos.runtime',
  'upload/continue-upload.runtime', 'upload/multipart-uploads.runtime', 'upload/plan-upload.runtime', 'upload/sign-url.runtime', 'upload/signing-session.runtime',
];

export const MIB = 1024 ** 2;
const PART = 16 * MIB;
export const HOUR = 3_600_000;
/** Sessions are shorter than in production, so that some URLs expire with their session. */
const SESSION_MS = HOUR / 3;
const EXPIRY_MS = 3 * HOUR;
export const QUOTAS = { openUploads: 3, videos: 5, storedBytes: 200 * MIB, uploadsPerDay: 4 };
const SETTINGS = {
  maxSize: 1024 * MIB, multipartThreshold: 20 * MIB, contentTypes: ['video/*'], expirySeconds: 900, defaultVisibility: 'private' as const,
  incompleteExpirySeconds: EXPIRY_MS / 1000, quotas: QUOTAS,
};
const EXPIRY = { incompleteExpirySeconds: EXPIRY_MS / 1000, expiredRetentionSeconds: 2 * EXPIRY_MS / 1000 };

/** The result of a request to the API. `killed`: the process ended. `failed`: the response has the status 500 or 503. */
type Answer = { readonly code: 'ok'; readonly body: any } | { readonly code: string; readonly body?: undefined };
/** A signed PUT request, and the bytes that the client sends with it. */
interface SignedPut { readonly url: string; readonly headers: Record<string, string>; readonly expiresAt: string; readonly body: Body }

/** An upload whose creation was confirmed to a client. The client can send one of several files with the same size. */
export interface Known { readonly videoId: string; readonly owner: string; readonly size: number; readonly partCount?: number; readonly declared?: string }

let videos = 0;

/** Returns the bytes of a part. A file with one PUT request has one part. */
function partOf({ size, partCount }: Known, file: string, partNumber: number): Body {
  const length = partCount === undefined ? size : Math.min(PART, size - (partNumber - 1) * PART);
  return { size: length, contents: [`${file}${partNumber}`] };
}

export function checksumOfFile({ partCount = 1 }: Pick<Known, 'partCount'>, file: string): string {
  return checksumOf(Array.from({ length: partCount }, (_, index) => `${file}${index + 1}`));
}

/** The videos of two owners. Handlers and the sweeper run at the simulated time `now`. */
export class UploadWorld {
  now = Date.parse('2026-11-29T20:00:00Z');
  readonly turns = new Turns();
  readonly s3 = new FakeS3(() => this.now);
  readonly owners = ['ann', 'bob'].map((name) => `${name}-${videos}`);
  readonly known: Known[] = [];
  readonly puts: SignedPut[] = [];
  readonly messages: { readonly key: string; readonly size: number; readonly etag: string }[] = [];
  /** The size of each object that a pipeline put, by ETag. */
  readonly ingested = new Map<string, number>();
  /** Videos for which a message asks for a job. */
  readonly submitted = new Set<string>();
  /** The current rows of this world, and the stored usage of its owners. */
  readonly rows = new Map<string, VideoRow>();
  readonly usage = new Map<string, Partial<Usage>>();
  /** The number of created rows, by owner and day. */
  readonly created = new Map<string, number>();
  /** The number of upload requests that failed or were killed. Each can leave a multipart upload without parts, which S3 deletes after 7 days. */
  failedPlans = 0;
  /** Violated rules. */
  readonly violations: string[] = [];
  /** Uploads whose completion was confirmed to a client. The value is the checksum that the client stated, if any. */
  readonly completed = new Map<string, string | undefined>();
  /** Uploads whose abort started before their completion was confirmed. */
  readonly aborting = new Set<string>();
  /** Expired uploads with one PUT request. The file can arrive during the sweep, so the completion of such an upload can still be confirmed. */
  readonly expiredLate = new Set<string>();
  private session!: ReturnType<Sources['signingSession']>;
  private readonly parts: ReturnType<UploadWorld['makeParts']>;

  constructor(private readonly sources: Sources, private readonly table: CatalogTable) {
    jest.spyOn(STSClient.prototype, 'send').mockImplementation(async () => {
      const Expiration = new Date(this.now + SESSION_MS);
      return { Credentials: { AccessKeyId: 'a', SecretAccessKey: 'b', SessionToken: String(Expiration.getTime()), Expiration } };
    });
    this.startProcess();
    this.parts = this.makeParts();
  }

  wrote({ before, after }: { before?: Record<string, any>; after?: Record<string, any> }): void {
    const [old, item] = [before, after].map((image) => image && unmarshall(image));
    const { pk, sk } = item ?? old ?? {};
    if (sk === 'usage' && item) this.usage.set(pk.slice('owner#'.length), item);
    if (sk !== 'video') return;
    const row = item as VideoRow | undefined;
    if (!row) return void this.rows.delete(old!.videoId);
    this.rows.set(row.videoId, row);
    if (!old && row.status === 'waiting') this.countCreated(row);
    if (row.error?.code === 'upload_expired' && old?.status === 'waiting') {
      // A part that arrives during the sweep is too late.
      const stored = this.s3.lastStored.get(row.multipart?.id ?? '') ?? 0;
      if (!row.multipart) this.expiredLate.add(row.videoId);
      const last = Math.max(Date.parse(row.createdAt), stored < this.now ? stored : 0);
      if (last + EXPIRY_MS > this.now) this.violations.push(`${row.videoId} expired ${(this.now - last) / HOUR} hours after its last part`);
    }
  }

  /** Quotas limit the uploads, but not the ingest. */
  private countCreated({ owner, createdAt }: VideoRow): void {
    const created = `${owner} ${createdAt.slice(0, 10)}`;
    this.created.set(created, (this.created.get(created) ?? 0) + 1);
    const { openUploads = 0, videos: count = 0, storedBytes = 0, uploadsOfDay = 0 } = this.usage.get(owner) ?? {};
    const usage = { openUploads, videos: count, storedBytes, uploadsPerDay: uploadsOfDay };
    for (const name of Object.keys(QUOTAS) as (keyof typeof QUOTAS)[]) {
      if (usage[name] > QUOTAS[name]) this.violations.push(`${name} is ${usage[name]}, but the quota is ${QUOTAS[name]}`);
    }
  }

  get day(): string {
    return new Date(this.now).toISOString().slice(0, 10);
  }

  createdToday(owner: string): number {
    return this.created.get(`${owner} ${this.day}`) ?? 0;
  }

  async plan(owner: string, size: number, file: string | undefined, fault?: Fault): Promise<Answer> {
    const videoId = idOf(16 * ++videos);
    const parts = size > SETTINGS.multipartThreshold ? Math.ceil(size / PART) : undefined;
    const checksum = file && checksumOfFile({ partCount: parts }, file);
    const answer = await this.request(({ ports }) => this.sources.planUpload({ ...ports, newId: async () => videoId, bucket: 'sources' }).planUpload({
      caller: { userId: owner, groups: [] }, body: { fileName: 'a.mp4', contentType: 'video/mp4', size, checksum }, path: {}, query: {}, headers: {},
    } as never), fault);
    if (fault && answer.code !== 'ok') this.failedPlans++;
    if (answer.code !== 'ok') return answer;
    const { partCount } = answer.body.upload;
    const upload = { videoId, owner, size, partCount, declared: checksum };
    this.known.push(upload);
    if (partCount === undefined) this.puts.push(this.signed(answer.body.upload, partOf(upload, file ?? 'A', 1)));
    return answer;
  }

  /** Requests the signed URL of a part, or of the whole file. */
  async sign(upload: Known, file: string, partNumber: number, fault?: Fault): Promise<SignedPut | undefined> {
    const body = partOf(upload, file, partNumber);
    const isWhole = upload.partCount === undefined;
    const answer = isWhole ? await this.get(upload, undefined, fault)
      : await this.operate('signParts', upload, { parts: [{ partNumber, checksum: checksumOf(body.contents) }] }, {}, fault);
    const { parts: [part] = [], expiresAt, upload: single } = answer.body ?? {};
    return part || single ? this.signed(isWhole ? single : { ...part, expiresAt }, body) : undefined;
  }

  private signed(given: Omit<SignedPut, 'body'>, body: Body): SignedPut {
    if (Date.parse(given.expiresAt) <= this.now) this.violations.push('a new URL has expired already');
    return { ...given, body };
  }

  async put({ url, headers, expiresAt, body }: SignedPut): Promise<void> {
    const error: Error | undefined = await this.turns.execute(async () => this.s3.startPut(url, headers, body))
      .then((end) => this.turns.execute(async () => end())).then(() => undefined, (reason) => reason);
    if (error && /AccessDenied|ExpiredToken/.test(error.name) && Date.parse(expiresAt) > this.now) this.violations.push(`S3 answers ${error.name} before ${expiresAt}`);
    if (error && !/AccessDenied|ExpiredToken|BadDigest|PreconditionFailed|NoSuchUpload/.test(error.name)) throw error;
  }

  /** Sends what S3 does not have, as a client that continues an upload. */
  async send(upload: Known, file: string): Promise<void> {
    const stored = new Map<number, string>();
    let page = await this.get(upload);
    for (; page.code === 'ok'; page = await this.get(upload, page.body.cursor)) {
      for (const { partNumber, checksum } of page.body.parts) stored.set(partNumber, checksum);
      if (!page.body.upload) return;
      if (page.body.cursor === undefined) break;
    }
    for (let number = 1; number <= (upload.partCount ?? 1) && page.code === 'ok'; number++) {
      if (stored.get(number) === checksumOf(partOf(upload, file, number).contents)) continue;
      const signed = await this.sign(upload, file, number);
      if (signed) await this.put(signed);
    }
  }

  async complete(upload: Known, checksum: string | undefined, fault?: Fault): Promise<Answer> {
    const answer = await this.operate('completeUpload', upload, { checksum }, {}, fault);
    if (answer.code === 'ok') this.completed.set(upload.videoId, checksum ?? upload.declared);
    const isOpen = this.s3.open(this.rows.get(upload.videoId)?.multipart?.id);
    if (answer.code === 'upload_gone' && isOpen) this.violations.push(`${upload.videoId} is open in S3, but the response says that it is gone`);
    return answer;
  }

  async abort(upload: Known, fault?: Fault): Promise<Answer> {
    if (!this.completed.has(upload.videoId)) this.aborting.add(upload.videoId);
    return this.operate('abortUpload', upload, {}, {}, fault);
  }

  get(upload: Known, cursor?: string, fault?: Fault): Promise<Answer> {
    return this.operate('getUpload', upload, undefined, { cursor }, fault);
  }

  /** Puts an object as a pipeline does. Some objects replace others. */
  ingest(owner: string, name: number, size: number): void {
    this.ingested.set(this.s3.store(`ingest/${name}.mp4`, { size, contents: [`${size}`] }, { 'vod-owner': owner }), size);
  }

  /** Handles an event of S3, as the functions for submits and ingest do. Returns false if the message must be delivered again. */
  async deliver({ key, size, etag }: UploadWorld['messages'][number], fault?: Fault): Promise<boolean> {
    const [folder, videoId] = key.split('/');
    const answer = await this.request(async ({ ports, ingest }) => {
      if (folder === 'source') return { body: await ports.videos.markUploaded(videoId, size, 'message') };
      const body = JSON.stringify({ detail: { bucket: { name: 'sources' }, object: { key, size, etag } } });
      const { batchItemFailures } = await ingest({ Records: [{ body, messageId: 'message' }] } as never);
      return { body: batchItemFailures.length === 0 };
    }, fault);
    if (folder === 'ingest' && answer.body === false && !fault) this.violations.push(`the object ${key} was not ingested`);
    return answer.code === 'ok' && answer.body !== false;
  }

  async sweep(fault?: Fault): Promise<void> {
    await this.request(({ ports: { videos: repository, uploads, clock }, due }) => {
      // This filter makes the tests faster. All ids of these histories end with 0, so the other shards are empty. Uploaded videos are omitted, because the
      // sweeper would only postpone them.
      const listDue: typeof due.listDue = async (shard, ...more) => {
        const page = shard === '0' ? await due.listDue(shard, ...more) : { due: [] };
        return { ...page, due: page.due.filter(({ videoId }) => this.rows.get(videoId)?.status !== 'uploaded') };
      };
      const sweep = this.sources.sweepVideos({ videos: repository, due: { ...due, listDue }, clock, upload: { uploads, expiry: EXPIRY } });
      return sweep({}, { getRemainingTimeInMillis: () => 600_000 });
    }, fault);
  }

  /** Adds the new events of S3 to `messages`. */
  collect(): void {
    this.messages.push(...this.s3.events.splice(0));
  }

  private startProcess(): void {
    this.session = this.sources.signingSession({ roleArn: 'arn:aws:iam::123456789012:role/sign', remainingSeconds: SETTINGS.expirySeconds, clock: () => new Date(this.now) });
  }

  private operate(
    operation: 'getUpload' | 'signParts' | 'completeUpload' | 'abortUpload', { owner, videoId }: Known, body: object | undefined, query: object, fault?: Fault,
  ): Promise<Answer> {
    const request = { caller: { userId: owner, groups: [] }, path: { videoId }, body, query, headers: {} };
    return this.request(({ ports }) => this.sources.continueUpload(ports)[operation](request as never), fault);
  }

  private async request(run: (parts: UploadWorld['parts']) => Promise<any>, fault?: Fault): Promise<Answer> {
    try {
      const answer = await invoke(async () => ({ answer: await run(this.parts) }), fault, this.turns);
      if (answer) return { code: 'ok', body: answer.answer?.body };
      this.startProcess();
      return { code: 'killed' };
    } catch (error) {
      const code = error instanceof this.sources.HttpProblem && error.code !== 'unavailable' ? error.code : 'failed';
      if (code === 'failed' && !fault) this.violations.push(`an error without a fault: ${(error as Error).stack}`);
      return { code };
    }
  }

  private makeParts() {
    const [dynamo, dynamoOfIndex, s3, sqs] = [this.table.direct(), this.table.direct(), this.s3.client(), this.makeQueue()];
    addFaults(dynamo, dynamoOfIndex, s3, sqs);
    const clock = () => new Date(this.now);
    const repository = this.sources.videoRepository(this.table.tableName, { client: dynamo, clock });
    const uploads = this.sources.multipartUploads('sources', s3);
    const signUrl = this.sources.urlSigner({
      address: 'https://sources.example.com', region: 'eu-central-1', expirySeconds: SETTINGS.expirySeconds, clock, session: () => this.session(),
    });
    const ingest = this.sources.ingestObjects({
      videos: repository, s3, sqs, submitQueueUrl: 'https://sqs.example.com/submit', newId: () => idOf(16 * ++videos),
      settings: { sources: [{ bucket: 'sources', prefix: 'ingest/' }], defaultVisibility: 'private' },
    });
    const ports = { videos: repository, roles: {}, signUrl, uploads, settings: SETTINGS, clock };
    return { ingest, due: this.sources.dueVideos(this.table.tableName, dynamoOfIndex), ports };
  }

  private makeQueue(): SQSClient {
    const sqs = new SQSClient({ region: 'eu-central-1', maxAttempts: 1, md5: false });
    const queue: InitializeMiddleware<any, any> = () => async ({ input }) => {
      this.submitted.add(JSON.parse(input.MessageBody).videoId);
      return { output: { $metadata: {} }, response: {} } as never;
    };
    sqs.middlewareStack.add(queue, { step: 'initialize', priority: 'low' });
    return sqs;
  }
}
