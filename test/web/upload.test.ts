import { readFileSync } from 'fs';
import { join } from 'path';
import { createContext, SourceTextModule } from 'vm';
import { crc32 } from 'zlib';
import { base64Of } from '../../local/upload-file';

type Api = (method: string, path: string, body?: any) => Promise<any>;
type UploadFile = (options: { plan: object; file: Blob; api: Api; signal: AbortSignal; onProgress: (loaded: number) => void }) => Promise<void>;
type Outcome = number | 'lost' | 'stalled';

const read = (name: string) => readFileSync(join(__dirname, '..', '..', 'examples', 'typescript', 'full', 'web', name), 'utf8');
const PART_SIZE = 1000;
const CONTENT = Buffer.from(Array.from({ length: 2500 }, (_, n) => n % 251));
const SINGLE = { kind: 'single', url: 'https://s3/whole', headers: { 'content-type': 'video/mp4' } };
const MULTIPART = { kind: 'multipart', partSize: PART_SIZE, partCount: 3 };

/**
 * Loads the upload module of the example page with a fake S3 and a fake API.
 *
 * @param outcomes - the outcomes of the PUT requests by URL, in order. Later requests succeed
 * @param refusals - the errors of API requests by method and path, in order. Later requests succeed
 */
async function open({ outcomes = {}, refusals = {} }: { outcomes?: Record<string, Outcome[]>; refusals?: Record<string, object[]> } = {}) {
  const log: string[] = [];
  const stored = new Map<string, Buffer>();
  class FakeRequest extends EventTarget {
    readonly upload = new EventTarget();
    status = 0;
    private url = '';
    private readonly headers: string[] = [];
    open(method: string, url: string) { log.push(`${method} ${url}`); this.url = url; }
    setRequestHeader(name: string, value: string) { this.headers.push(`${name}: ${value}`); }
    abort() { this.dispatchEvent(new Event('abort')); }
    async send(body: Blob) {
      const bytes = Buffer.from(await body.arrayBuffer());
      this.upload.dispatchEvent(Object.assign(new Event('progress'), { loaded: bytes.length / 2 }));
      const outcome = outcomes[this.url]?.shift() ?? 200;
      if (outcome === 'stalled') return;
      if (outcome === 'lost') return void this.dispatchEvent(new Event('error'));
      this.status = outcome;
      if (outcome === 200) {
        stored.set(this.url, bytes);
        stored.set(`${this.url} headers`, Buffer.from(this.headers.join()));
        this.upload.dispatchEvent(Object.assign(new Event('progress'), { loaded: bytes.length }));
      }
      this.dispatchEvent(new Event('load'));
    }
  }
  const api: Api = async (method, path, body) => {
    log.push(`${method} ${path}`);
    const refusal = refusals[`${method} ${path}`]?.shift();
    if (refusal) throw refusal;
    if (path.endsWith('/parts')) return { parts: body.parts.map(({ partNumber, checksum }: any) => ({ partNumber, url: `https://s3/${partNumber}`, headers: { 'x-amz-checksum-crc32': checksum } })) };
    if (path.endsWith('/complete')) log.push(body.checksum);
    return {};
  };
  const context = createContext({ XMLHttpRequest: FakeRequest, setTimeout, btoa });
  const upload = new SourceTextModule(read('upload.js'), { context });
  await upload.link((name: string) => new SourceTextModule(read(name), { context }));
  await upload.evaluate();
  const { uploadFile } = upload.namespace as { uploadFile: UploadFile };
  const cancel = new AbortController();
  const progress: number[] = [];
  const send = (plan: object) => uploadFile({
    plan: { video: { videoId: 'v' }, upload: plan }, file: new Blob([CONTENT]), api, signal: cancel.signal, onProgress: (loaded) => progress.push(loaded),
  });
  return { log, stored, progress, cancel, send };
}

const part = (number: number) => CONTENT.subarray((number - 1) * PART_SIZE, number * PART_SIZE);
const crcOf = (bytes: Buffer) => base64Of(crc32(bytes));

describe('the upload module', () => {
  beforeEach(() => { jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }); });
  afterEach(() => { jest.useRealTimers(); });

  test('uploads a small file with one PUT request', async () => {
    const { send, log, stored, progress } = await open();
    await send(SINGLE);
    expect(log).toEqual(['PUT https://s3/whole']);
    expect(stored.get('https://s3/whole')).toEqual(CONTENT);
    expect(stored.get('https://s3/whole headers')!.toString()).toBe('content-type: video/mp4');
    expect(progress).toEqual([1250, 2500]);
  });

  test('uploads a large file in parts with the checksum of each part, then completes it with the checksum of the file', async () => {
    const { send, log, stored, progress } = await open();
    await send(MULTIPART);
    expect(log).toEqual([
      ...[1, 2, 3].flatMap((number) => ['POST /upload/v/parts', `PUT https://s3/${number}`]), 'POST /upload/v/complete', crcOf(CONTENT),
    ]);
    for (const number of [1, 2, 3]) {
      expect(stored.get(`https://s3/${number}`)).toEqual(part(number));
      expect(stored.get(`https://s3/${number} headers`)!.toString()).toBe(`x-amz-checksum-crc32: ${crcOf(part(number))}`);
    }
    expect(progress).toEqual([500, 1000, 1500, 2000, 2250, 2500]);
  });

  test('repeats only the failed part, each time with a new URL', async () => {
    const { send, log, stored } = await open({ outcomes: { 'https://s3/2': ['lost', 403, 500] }, refusals: { 'POST /upload/v/complete': [{ status: 503 }] } });
    const sent = send(MULTIPART);
    await jest.advanceTimersByTimeAsync(60_000);
    await sent;
    const second = ['POST /upload/v/parts', 'PUT https://s3/2'];
    expect(log.slice(2, -3)).toEqual([...second, ...second, ...second, ...second, 'POST /upload/v/parts', 'PUT https://s3/3']);
    expect(log.slice(-3)).toEqual(['POST /upload/v/complete', 'POST /upload/v/complete', crcOf(CONTENT)]);
    expect(stored.get('https://s3/2')).toEqual(part(2));
  });

  test('accepts 412 for a file that an earlier try has stored', async () => {
    const { send, log } = await open({ outcomes: { 'https://s3/whole': ['lost', 412] } });
    const sent = send(SINGLE);
    await jest.advanceTimersByTimeAsync(60_000);
    await sent;
    expect(log).toEqual(['PUT https://s3/whole', 'PUT https://s3/whole']);
  });

  test('gives up after six tries, and removes the video', async () => {
    const { send, log } = await open({ outcomes: { 'https://s3/1': Array(9).fill('lost') } });
    const sent = send(MULTIPART);
    sent.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(60_000);
    await expect(sent).rejects.toThrow('The upload was interrupted. Please try again.');
    expect(log.filter((line) => line === 'PUT https://s3/1')).toHaveLength(6);
    expect(log.at(-1)).toBe('DELETE /upload/v');
  });

  test('does not repeat a request that the service rejects, and removes the video', async () => {
    const refusal = { status: 409, isRefusal: true, code: 'checksum_mismatch' };
    const { send, log } = await open({ refusals: { 'POST /upload/v/complete': [refusal], 'DELETE /upload/v': [{ status: 503 }] } });
    await expect(send(MULTIPART)).rejects.toBe(refusal);
    expect(log.slice(-2)).toEqual(['POST /upload/v/complete', 'DELETE /upload/v']);
  });

  test.each([['one PUT request', SINGLE, 'https://s3/whole'], ['parts', MULTIPART, 'https://s3/2']])('aborts an upload with %s, and removes the video', async (_, plan, url) => {
    const { send, log, cancel } = await open({ outcomes: { [url]: ['stalled'] } });
    const sent = send(plan);
    sent.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(0);
    for (let wait = 0; !log.includes(`PUT ${url}`); wait++) {
      if (wait > 100) throw new Error(log.join());
      await new Promise(setImmediate);
    }
    cancel.abort();
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    expect(log.slice(-2)).toEqual([`PUT ${url}`, 'DELETE /upload/v']);
  });

  test('aborts an upload that waits for a retry', async () => {
    const { send, log, cancel } = await open({ outcomes: { 'https://s3/whole': ['lost'] } });
    const sent = send(SINGLE);
    sent.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(500);
    cancel.abort();
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    expect(log).toEqual(['PUT https://s3/whole', 'DELETE /upload/v']);
  });
});
