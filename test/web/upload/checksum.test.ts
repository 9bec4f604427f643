import { readFileSync } from 'fs';
import { join } from 'path';
import { createContext, SourceTextModule } from 'vm';
import { crc32 } from 'zlib';
import * as fc from 'fast-check';

const FOLDER = join(__dirname, '../../../examples/typescript/full/web/upload');
const LIBRARY = require.resolve('@foxglove/crc/dist/esm/src/index.js');
const bytes = Buffer.from(Array.from({ length: 9_000_001 }, (_, n) => (n * 31 + Math.floor(n / 256)) % 251));

/** Loads a file of the module as a page or a worker loads it. `crc32.js` is the file of the library. */
async function load(name: string, globals: object): Promise<any> {
  const context = createContext({ URL, btoa, ...globals });
  const modules = new Map<string, SourceTextModule>();
  const open = (file: string): SourceTextModule => {
    const known = modules.get(file) ?? new SourceTextModule(readFileSync(file === './crc32.js' ? LIBRARY : join(FOLDER, file), 'utf8'), {
      context, initializeImportMeta: (meta: { url?: string }) => { meta.url = `https://example.org/upload/${file}`; },
    });
    modules.set(file, known);
    return known;
  };
  const module = open(name);
  await module.link((specifier: string) => open(specifier));
  await module.evaluate();
  return module.namespace;
}

/** A Worker that runs checksum-worker.js in this process. */
class FakeWorker extends EventTarget {
  static started: FakeWorker[] = [];
  isTerminated = false;
  private readonly scope = Object.assign(new EventTarget(), { postMessage: (data: unknown) => this.dispatchEvent(Object.assign(new Event('message'), { data })) });
  private readonly loaded = load('checksum-worker.js', { self: this.scope });

  constructor(readonly url: URL, readonly options: object) {
    super();
    FakeWorker.started.push(this);
  }

  async postMessage(data: unknown): Promise<void> {
    await this.loaded;
    this.scope.dispatchEvent(Object.assign(new Event('message'), { data }));
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

/** Returns the function that computes checksums in a browser with these global variables. */
async function inWorker(globals: object = {}, end = new AbortController().signal): Promise<(blob: unknown) => Promise<number>> {
  const { platformCrc32 } = await load('checksum.js', { Worker: FakeWorker, ...globals });
  return platformCrc32(end);
}

describe('the checksum', () => {
  beforeEach(() => { FakeWorker.started = []; });

  test('of a file is computed from the checksums of its parts', async () => {
    const { combineCrc32 } = await load('checksum.js', {});
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (parts) => {
      expect(combineCrc32(parts.map((part) => ({ crc: crc32(part), size: part.length })))).toBe(crc32(Buffer.concat(parts)));
    }));
    const sizes = [8_388_608, 611_393];
    expect(combineCrc32(sizes.map((size, index) => ({ size, crc: crc32(bytes.subarray(index * sizes[0], index * sizes[0] + size)) })))).toBe(crc32(bytes));
  });

  test('of parts larger than 4 GiB is computed without an overflow', async () => {
    const { combineCrc32 } = await load('checksum.js', {});
    // 10 GiB of zero bytes follow a first part, as one part and as two parts of 5 GiB. The checksums must be equal.
    const half = 5 * 1024 ** 3;
    const mebibyte = { crc: crc32(Buffer.alloc(1024 ** 2)), size: 1024 ** 2 };
    const crcOfHalf = combineCrc32(Array.from({ length: 5 * 1024 }, () => mebibyte));
    const whole = combineCrc32([{ crc: crcOfHalf, size: half }, { crc: crcOfHalf, size: half }]);
    const first = { crc: 1, size: 1 };
    const asTwo = combineCrc32([first, { crc: crcOfHalf, size: half }, { crc: crcOfHalf, size: half }]);
    expect(combineCrc32([first, { crc: whole, size: 2 * half }])).toBe(asTwo);
  });

  test('has the form that S3 expects', async () => {
    const { base64Of } = await load('checksum.js', {});
    expect([base64Of(crc32('123456789')), base64Of(0), base64Of(0xFFFFFFFF)]).toEqual(['y/Q5Jg==', 'AAAAAA==', '/////w==']);
  });

  test('is computed by zlib in Node', async () => {
    const { platformCrc32 } = await import('../../../examples/typescript/full/web/upload/checksum.js' as string);
    expect(await (await platformCrc32(new AbortController().signal))(new Blob([bytes]))).toBe(crc32(bytes));
  });

  test('is computed in a worker in browsers, which reads the file in chunks', async () => {
    const end = new AbortController();
    const compute = await inWorker({}, end.signal);
    expect(FakeWorker.started).toEqual([]);
    const blob = new Blob([bytes]);
    const largest = jest.spyOn(Blob.prototype, 'arrayBuffer');
    expect(await Promise.all([compute(blob), compute(blob.slice(5, 500))])).toEqual([crc32(bytes), crc32(bytes.subarray(5, 500))]);
    expect(largest.mock.contexts.map(({ size }) => size).sort((one, other) => other - one)[0]).toBe(4 * 1024 ** 2);
    largest.mockRestore();
    const [worker, ...more] = FakeWorker.started;
    expect(more).toEqual([]);
    expect([worker.url.href, worker.options]).toEqual(['https://example.org/upload/checksum-worker.js', { type: 'module' }]);
    expect(worker.isTerminated).toBe(false);
    end.abort();
    expect(worker.isTerminated).toBe(true);
  });

  test('reports why the worker could not read the file', async () => {
    const compute = await inWorker();
    const changed = { size: 1, slice: () => ({ arrayBuffer: async () => { throw new DOMException('changed', 'NotReadableError'); } }) };
    await expect(compute(changed)).rejects.toMatchObject({ name: 'NotReadableError', message: 'changed' });
  });

  test('is computed in a new worker after a worker has failed to load', async () => {
    const asked: string[] = [];
    const compute = await inWorker({ fetch: async ({ href }: URL) => { asked.push(href); } });
    const first = compute(new Blob(['a']));
    FakeWorker.started[0].dispatchEvent(new Event('error'));
    await expect(first).rejects.toMatchObject({ name: 'UploadError', code: 'no_worker', message: 'checksum-worker.js failed: it did not load' });
    expect(asked).toEqual(['https://example.org/upload/checksum-worker.js']);
    expect(FakeWorker.started[0].isTerminated).toBe(true);
    expect(await compute(new Blob(['a']))).toBe(crc32('a'));
    expect(FakeWorker.started).toHaveLength(2);
  });

  test('waits for the connection if the worker cannot load because the connection is lost', async () => {
    const compute = await inWorker({ fetch: async () => { throw new TypeError('Failed to fetch'); } });
    const first = compute(new Blob(['a']));
    FakeWorker.started[0].dispatchEvent(new Event('error'));
    await expect(first).rejects.toMatchObject({ code: 'no_connection', message: 'checksum-worker.js failed: it did not load' });
  });
});
