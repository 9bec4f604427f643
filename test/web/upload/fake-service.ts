import { crc32 } from 'zlib';
import type { BlobLike } from '../../../examples/typescript/full/web/upload/types.js';
import { base64Of } from '../../../local/upload-file';

/**
 * `lost`: the request does not arrive. `unanswered`: the request has its effect, but the response is lost. `hanging`: nothing happens until the client aborts.
 */
export type Fault = 'lost' | 'unanswered' | 'hanging' | { readonly status: number; readonly code?: string; readonly message?: string };
interface Options { readonly signal?: AbortSignal }
interface Signed { readonly url: string; readonly headers: Record<string, string> }

export const PART_SIZE = 1000;
const THRESHOLD = 1500;
const CREATED = '2026-11-30T12:00:00.000Z';

export const crcOf = (bytes: Uint8Array): string => base64Of(crc32(bytes));

const NAMES: Readonly<Record<string, string>> = {
  'POST /upload': 'create',
  'GET /streams': 'list',
  'GET /upload/{videoId}': 'look',
  'POST /upload/{videoId}/parts': 'sign',
  'POST /upload/{videoId}/complete': 'complete',
  'DELETE /upload/{videoId}': 'remove',
};

interface Stored {
  readonly request: any;
  readonly parts: Map<number, Buffer>;
  whole?: Buffer;
  status: string;
  error?: object;
}

/** The API and S3 for one file, in memory. Planned faults happen in order, by request: a value of `NAMES`, `put 3` (a part) or `put whole`. */
export class FakeService {
  readonly log: string[] = [];
  readonly uploads = new Map<string, Stored>();
  readonly bodies: unknown[] = [];
  readonly urls: string[] = [];
  isOffline = false;
  /** URLs with a lower number have expired. */
  oldestUrl = 0;
  /** The bytes that a PUT request sends in each 100 milliseconds. 0: all at once. */
  bytesPerStep = 0;
  running = 0;
  mostRunning = 0;
  private readonly faults = new Map<string, Fault[]>();

  plan(request: string, ...faults: Fault[]): void {
    this.faults.set(request, faults);
  }

  count(request: string): number {
    return this.log.filter((line) => line === request).length;
  }

  readonly api = async (method: string, path: string, body?: any, { signal }: Options = {}): Promise<any> => {
    const [route, videoId = ''] = [path.replace(/\?.*/, '').replace(/v\d+/, '{videoId}'), /v\d+/.exec(path)?.[0]];
    const name = NAMES[`${method} ${route}`];
    if (!name) throw new Error(`no answer to ${method} ${path}`);
    return this.serve(name, signal, () => this.answer(name, videoId, body), (status, code, message) => {
      throw refusal(status, code, message);
    });
  };

  readonly put = async ({ url, headers }: Signed, body: BlobLike, { signal, onProgress }: { signal: AbortSignal; onProgress: (loaded: number) => void }) => {
    const [, serial, videoId, partNumber] = /^https:\/\/s3\/(\d+)\/(v\d+)\/(.*)$/.exec(url)!;
    this.bodies.push(body);
    this.urls.push(url);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    try {
      return await this.serve(`put ${partNumber}`, signal, async () => {
        if (Number(serial) < this.oldestUrl) return { status: 403, code: 'AccessDenied' };
        const bytes = Buffer.from(await body.arrayBuffer());
        for (let sent = 0; this.bytesPerStep > 0 && sent < bytes.length; sent += this.bytesPerStep) {
          onProgress(sent);
          await abortable(signal, (resolve) => setTimeout(resolve, 100));
          if (this.isOffline) throw new Error('lost');
        }
        onProgress(bytes.length);
        const upload = this.uploads.get(videoId);
        if (!upload || upload.status !== 'waiting') return { status: 404, code: 'NoSuchUpload' };
        if (partNumber === 'whole' && upload.whole) return { status: 412, code: 'PreconditionFailed' };
        if (headers['x-amz-checksum-crc32'] !== crcOf(bytes)) return { status: 400, code: 'BadDigest' };
        if (partNumber === 'whole') upload.whole = bytes;
        else if (upload.whole) return { status: 404, code: 'NoSuchUpload' };
        else upload.parts.set(Number(partNumber), bytes);
        return { status: 200 };
      }, (status, code) => ({ status, code }));
    } finally {
      this.running--;
    }
  };

  private async serve<T>(
    name: string, signal: AbortSignal | undefined, work: () => T | Promise<T>, refuse: (status: number, code?: string, message?: string) => T,
  ): Promise<T> {
    this.log.push(name);
    signal?.throwIfAborted();
    if (this.isOffline) throw new TypeError('Failed to fetch');
    const fault = this.faults.get(name)?.shift();
    if (fault === 'lost') throw new TypeError('Failed to fetch');
    if (fault === 'hanging') return abortable(signal, () => undefined);
    if (typeof fault === 'object') return refuse(fault.status, fault.code, fault.message);
    const answer = await work();
    if (fault === 'unanswered') throw new TypeError('Failed to fetch');
    return answer;
  }

  private answer(name: string, videoId: string, body: any): any {
    if (name === 'create') return this.create(body);
    if (name === 'list') return { items: [...this.uploads].filter(([, { status }]) => status === 'waiting').map(([id]) => this.video(id)) };
    const upload = this.uploads.get(videoId);
    if (!upload) throw refusal(404, 'not_found');
    switch (name) {
      case 'look': return this.state(videoId);
      case 'sign': {
        if (upload.whole || upload.status !== 'waiting') throw refusal(409, 'wrong_status');
        const parts: { partNumber: number; checksum: string }[] = body.parts;
        this.log.push(`sign ${parts.map(({ partNumber }) => partNumber).join(' ')}`);
        return {
          expiresAt: new Date(Date.now() + 900_000).toISOString(),
          parts: parts.map(({ partNumber, checksum }) => ({ partNumber, ...this.sign(videoId, partNumber, checksum) })),
        };
      }
      case 'complete': return this.complete(upload, videoId, body.checksum);
      default: return void this.uploads.delete(videoId);
    }
  }

  private create(request: any): object {
    const videoId = `v${this.uploads.size + 1}`;
    this.uploads.set(videoId, { request, parts: new Map(), status: 'waiting' });
    const { video, upload } = this.state(videoId);
    return { video, upload };
  }

  private state(videoId: string): any {
    const { request: { fileName, size, checksum, contentType }, parts, whole, status } = this.uploads.get(videoId)!;
    const video = this.video(videoId);
    const file = { fileName, contentType, size };
    if (whole || status !== 'waiting') return { video, file, parts: [] };
    if (size <= THRESHOLD) return { video, file, parts: [], upload: { kind: 'single', expiresAt: '', ...this.sign(videoId, 'whole', checksum) } };
    return {
      video, file,
      upload: { kind: 'multipart', partSize: PART_SIZE, partCount: Math.ceil(size / PART_SIZE), expiresAt: '' },
      parts: [...parts].sort(([one], [other]) => one - other).map(([partNumber, bytes]) => ({ partNumber, size: bytes.length, checksum: crcOf(bytes) })),
    };
  }

  private video(videoId: string): object {
    const { request: { fileName, title = fileName }, status, error } = this.uploads.get(videoId)!;
    return { videoId, title, status, createdAt: CREATED, ...(error && { error }) };
  }

  private sign(videoId: string, name: number | string, checksum?: string): Signed {
    return { url: `https://s3/${this.log.length}/${videoId}/${name}`, headers: { ...(checksum && { 'x-amz-checksum-crc32': checksum }) } };
  }

  private complete(upload: Stored, videoId: string, checksum: string): object {
    if (!upload.whole) {
      const whole = Buffer.concat([...upload.parts].sort(([one], [other]) => one - other).map(([, bytes]) => bytes));
      if (whole.length !== upload.request.size) throw refusal(409, 'parts_missing');
      if (crcOf(whole) !== checksum) throw refusal(409, 'checksum_mismatch');
      upload.whole = whole;
    }
    return { video: this.video(videoId) };
  }
}

function refusal(status: number, code?: string, message = code): Error {
  return Object.assign(new Error(message), { status, code });
}

function abortable<T>(signal: AbortSignal | undefined, begin: (resolve: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason));
    begin(resolve);
  });
}
