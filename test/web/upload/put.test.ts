import { appendFileSync, mkdtempSync, openAsBlob, readFileSync, writeFileSync } from 'fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'http';
import type { AddressInfo } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { createContext, SourceTextModule } from 'vm';
import type { BlobLike, Put } from '../../../examples/typescript/full/web/upload/types.js';

const FOLDER = join(__dirname, '../../../examples/typescript/full/web/upload');
const BODY = Buffer.alloc(5_000_000, 'video');
/** Each 64 KiB have different bytes. */
const VARIED = Buffer.from(Uint32Array.from({ length: 1_000_000 }, (_, index) => index).buffer);

async function load(globals: object): Promise<Put> {
  const context = createContext(globals);
  const open = (file: string) => new SourceTextModule(readFileSync(join(FOLDER, file), 'utf8'), { context });
  const module = open('put.js');
  await module.link((specifier: string) => open(specifier));
  await module.evaluate();
  return (module.namespace as { platformPut(): Promise<Put> }).platformPut();
}

class FakeRequest extends EventTarget {
  static last: FakeRequest;
  readonly upload = new EventTarget();
  readonly lines: string[] = [];
  status = 0;
  responseText = '';
  body?: Blob;
  open(method: string, url: string) { FakeRequest.last = this; this.lines.push(`${method} ${url}`); }
  setRequestHeader(name: string, value: string) { this.lines.push(`${name}: ${value}`); }
  send(body: Blob) { this.body = body; }
  end(event: string, status = 0, text = '') {
    Object.assign(this, { status, responseText: text });
    this.dispatchEvent(new Event(event));
    this.dispatchEvent(new Event('loadend'));
  }
  abort() { this.end('abort'); }
}

describe('a PUT request in a page', () => {
  const signed = { url: 'https://s3/1', headers: { 'content-type': 'video/mp4' } };
  const start = async () => {
    const put = await load({ XMLHttpRequest: FakeRequest });
    const cancel = new AbortController();
    const progress: number[] = [];
    const body = new Blob([BODY]);
    const result = put(signed, body, { signal: cancel.signal, onProgress: (loaded) => progress.push(loaded) });
    return { cancel, progress, body, result, request: FakeRequest.last };
  };

  test('sends the Blob and the signed headers, and reports its progress', async () => {
    const { request, progress, body, result } = await start();
    expect(request.lines).toEqual(['PUT https://s3/1', 'content-type: video/mp4']);
    expect(request.body).toBe(body);
    request.upload.dispatchEvent(Object.assign(new Event('progress'), { loaded: 70 }));
    request.end('load', 200);
    expect(await result).toEqual({ status: 200 });
    expect(progress).toEqual([70]);
  });

  test('returns the error code of S3', async () => {
    const { request, result } = await start();
    request.end('load', 400, '<?xml version="1.0"?><Error><Code>RequestTimeout</Code><Message>…</Message></Error>');
    expect(await result).toEqual({ status: 400, code: 'RequestTimeout' });
  });

  test('fails after a lost connection and after an abort', async () => {
    const lost = await start();
    lost.request.end('error');
    await expect(lost.result).rejects.toMatchObject({ code: 'no_connection' });
    const aborted = await start();
    aborted.cancel.abort(new Error('paused'));
    await expect(aborted.result).rejects.toThrow('paused');
  });

  test('fails with a final error if the URL or a header is not valid', async () => {
    const invalid = class extends FakeRequest {
      open() { throw new TypeError('Invalid URL'); }
    };
    const put = await load({ XMLHttpRequest: invalid });
    const { signal } = new AbortController();
    await expect(put(signed, new Blob([BODY]), { signal, onProgress: () => undefined })).rejects.toMatchObject({ code: 'program_error', message: 'Invalid URL' });
  });
});

describe('a PUT request in Node', () => {
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/film`;
  });
  afterAll(() => { server.closeAllConnections(); server.close(); });

  async function put(signal: AbortSignal, progress: number[] = [], body: BlobLike = new Blob([BODY])) {
    const { putByNode } = await import('../../../examples/typescript/full/web/upload/put-node.js' as string) as { putByNode: Put };
    return putByNode({ url, headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } }, body, { signal, onProgress: (loaded) => progress.push(loaded) });
  }

  test('sends the bytes with their length and the signed headers, and reports its progress', async () => {
    const received: Buffer[] = [];
    answer = (request, response) => request.on('data', (chunk) => received.push(chunk)).on('end', () => response.end());
    const seen: IncomingMessage[] = [];
    server.once('request', (request: IncomingMessage) => seen.push(request));
    const progress: number[] = [];
    expect(await put(new AbortController().signal, progress)).toEqual({ status: 200 });
    expect(Buffer.concat(received).equals(BODY)).toBe(true);
    expect(seen[0]).toMatchObject({ method: 'PUT', headers: { 'content-length': '5000000', 'x-amz-checksum-crc32': 'AAAAAA==' } });
    expect(progress.length).toBeGreaterThan(5);
    expect(progress.at(-1)).toBe(BODY.length);
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
  });

  test('sends a file whose chunks share a buffer, although the server reads slowly', async () => {
    const received: Buffer[] = [];
    answer = (request, response) => {
      request.on('data', (chunk) => {
        received.push(chunk);
        if (received.length % 10 === 0) setTimeout(() => request.resume(), 5);
        if (received.length % 10 === 0) request.pause();
      }).on('end', () => response.end());
    };
    const { openFile } = await import('../../../examples/typescript/full/web/upload/file-node.js');
    const file = join(mkdtempSync(join(tmpdir(), 'upload-')), 'film.mp4');
    writeFileSync(file, VARIED);
    const { size, slice } = await openFile(file);
    expect(await put(new AbortController().signal, [], slice(0, size))).toEqual({ status: 200 });
    expect(Buffer.concat(received).equals(VARIED)).toBe(true);
  });

  test('returns a response that arrives before the end of the body', async () => {
    answer = (_, response) => response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    expect(await put(new AbortController().signal)).toEqual({ status: 403, code: 'AccessDenied' });
  });

  test('fails if the connection is cut', async () => {
    answer = (request) => request.once('data', () => request.destroy());
    await expect(put(new AbortController().signal)).rejects.toMatchObject({ code: 'no_connection' });
  });

  test('ends the request after an abort', async () => {
    const cancel = new AbortController();
    const closed = new Promise((resolve) => {
      answer = (request) => {
        request.resume().on('close', resolve);
        cancel.abort();
      };
    });
    await expect(put(cancel.signal)).rejects.toThrow();
    await closed;
  });

  test('fails if the file has changed', async () => {
    answer = (request, response) => request.resume().on('end', () => response.end());
    const file = join(mkdtempSync(join(tmpdir(), 'upload-')), 'film.mp4');
    writeFileSync(file, BODY);
    const body = await openAsBlob(file);
    appendFileSync(file, 'changed');
    await expect(put(new AbortController().signal, [], body)).rejects.toMatchObject({ name: 'NotReadableError' });
  });
});
