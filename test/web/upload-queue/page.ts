import { setImmediate } from 'timers/promises';
import { createContext, type SourceTextModule } from 'vm';
import { crc32 } from 'zlib';
import { load } from '../page-modules';
import { FakeService } from '../upload/fake-service';

/** The Web Locks of one browser. */
class FakeLocks {
  readonly held = new Set<string>();
  private readonly waiting = new Map<string, (() => void)[]>();

  async request(name: string, { ifAvailable = false }: { ifAvailable?: boolean }, work: (lock: object | null) => unknown): Promise<unknown> {
    if (ifAvailable && this.held.has(name)) return work(null);
    while (this.held.has(name)) await new Promise<void>((resolve) => this.waiting.set(name, [...this.waiting.get(name) ?? [], resolve]));
    this.held.add(name);
    try {
      return await work({ name });
    } finally {
      this.release(name);
    }
  }

  /** Releases a lock, for example because another tab was closed. */
  release(name: string): void {
    this.held.delete(name);
    for (const proceed of this.waiting.get(name) ?? []) proceed();
    this.waiting.delete(name);
  }

  async query(): Promise<object> {
    return { held: [...this.held].map((name) => ({ name })) };
  }
}

/** An IndexedDB with one object store. */
function fakeDatabase(stored: Map<string, unknown>): object {
  const answer = (result: unknown) => {
    const request: { result: unknown; onsuccess?: () => void } = { result };
    queueMicrotask(() => request.onsuccess?.());
    return request;
  };
  const store = {
    get: (key: string) => answer(stored.get(key)), put: (value: unknown, key: string) => answer(void stored.set(key, value)),
    delete: (key: string) => answer(void stored.delete(key)), getAllKeys: () => answer([...stored.keys()]),
  };
  return { open: () => answer({ transaction: () => ({ objectStore: () => store }) }) };
}

/** An XMLHttpRequest that sends its body to the fake S3. */
const requestsTo = (service: FakeService) => class extends EventTarget {
  readonly upload = new EventTarget();
  readonly headers: Record<string, string> = {};
  readonly cancel = new AbortController();
  status = 0;
  responseText = '';
  private url = '';

  open(_method: string, url: string): void { this.url = url; }
  setRequestHeader(name: string, value: string): void { this.headers[name] = value; }
  abort(): void { this.cancel.abort(); }

  send(body: Blob): void {
    const onProgress = (loaded: number) => this.upload.dispatchEvent(Object.assign(new Event('progress'), { loaded }));
    const { url, headers, cancel: { signal } } = this;
    void service.put({ url, headers }, body, { signal, onProgress }).then(({ status, code }: { status: number; code?: string }) => {
      Object.assign(this, { status, responseText: `<Code>${code}</Code>` });
      this.dispatchEvent(new Event('load'));
    }, () => this.dispatchEvent(new Event(signal.aborted ? 'abort' : 'error'))).then(() => this.dispatchEvent(new Event('loadend')));
  }
};

/** A worker that computes checksums as checksum-worker.js does. */
class FakeWorker extends EventTarget {
  async postMessage({ id, blob }: { id: number; blob: Blob }): Promise<void> {
    const computed = blob.arrayBuffer().then((bytes) => ({ crc: crc32(new Uint8Array(bytes)) }));
    const answer = await computed.catch(({ name, message }: Error) => ({ error: { name, message } }));
    this.dispatchEvent(Object.assign(new Event('message'), { data: { id, ...answer } }));
  }

  terminate(): void { /* The fake worker has no thread. */ }
}

export const handleOf = (file: File): object => ({ kind: 'file', name: file.name, getFile: async () => file });

export interface Question { readonly question: string; readonly consequence: string; readonly keep: string; readonly proceed: string }

/** The uploads of the page, with a fake service. The modules of the page are the real ones. */
export class FakePage {
  /** @param globals - Global variables of the page that replace the variables of a complete browser. */
  static async open(globals: object = {}): Promise<FakePage> {
    const page = new FakePage();
    const context = createContext({
      AbortController, AbortSignal, DOMException, URL, btoa, performance, Worker: FakeWorker, queueMicrotask, Date, Math,
      setTimeout, clearTimeout, setInterval, clearInterval,
      navigator: { locks: page.locks }, indexedDB: fakeDatabase(page.handles), window: page.window,
      document: { activeElement: undefined, body: {}, getElementById: () => undefined }, XMLHttpRequest: requestsTo(page.service), ...globals,
    });
    const modules = new Map<string, SourceTextModule>();
    const { Uploads } = await load('upload-queue/uploads.js', context, modules);
    const { Problem } = await load('service/request.js', context, modules);
    const api = async (...request: Parameters<FakeService['api']>) => {
      if (!page.isSignedIn) throw Object.assign(new Error('the session has ended'), { name: 'AbortError' });
      if (page.defect) throw page.defect;
      return page.service.api(...request).catch((error: Error) => { throw new Problem(error.message, error); });
    };
    page.uploads = new Uploads({
      api, userId: () => 'ada',
      attempt: async (work: () => unknown) => Promise.resolve().then(work).catch(({ message }: Error) => page.messages.push(message)),
      confirm: async (question: Question) => {
        page.questions.push(question);
        return page.answers(question);
      },
      limits: { maxBytes: 10_000, contentTypes: ['video/*', 'application/MXF'] },
      refresh: async () => undefined, refreshAll: () => page.refreshes++, onChange: () => undefined,
      onProblem: ({ name, message }: Error) => { if (name !== 'AbortError') page.messages.push(message); },
      onSent: ({ videoId }: { videoId: string }) => page.sent.push(videoId),
    });
    page.uploads.start();
    return page;
  }

  readonly service = new FakeService();
  readonly locks = new FakeLocks();
  readonly window: Record<string, unknown> = {};
  /** The stored file handles, by user and video. */
  readonly handles = new Map<string, unknown>();
  readonly messages: string[] = [];
  readonly questions: Question[] = [];
  readonly sent: string[] = [];
  /** The number of times that the page has loaded all lists again. */
  refreshes = 0;
  uploads!: any;
  isSignedIn = true;
  /** An error of the page's own code, which the function `api` throws. */
  defect?: Error;
  /** The answer of the user to a question: whether to proceed. */
  answers: (question: Question) => boolean | Promise<boolean> = () => true;

  get entries(): any[] {
    return this.uploads.queue.entries;
  }

  /** The phase and the message of each entry. */
  get rows(): string[] {
    return this.entries.map(({ title, phase, message, waitsFor }) => [title, phase, message ?? waitsFor].filter(Boolean).join(': '));
  }

  /** Adds files to the queue. With `bytesPerStep` of the service, their uploads take time. */
  async upload(...files: { file: File; handle?: object }[]): Promise<void> {
    for (const each of files) this.uploads.queue.add(each);
    await this.settled();
  }

  async settled(): Promise<void> {
    for (let turn = 0; turn < 60; turn++) await setImmediate();
  }

  async advance(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 0.25) {
      await jest.advanceTimersByTimeAsync(250);
      for (let turn = 0; turn < 15; turn++) await setImmediate();
    }
  }
}
