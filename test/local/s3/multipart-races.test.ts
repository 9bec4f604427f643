import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { Readable } from 'stream';
import type * as s3 from '@aws-sdk/client-s3';
import { accessOf, clientOf, crc32, md5, PART_BYTES, rawTo, startFake, stackOf, uploadTo } from './fixture';
import { createS3 } from '../../../local/s3/s3';
import { createStore } from '../../../local/s3/store';
import { createUploads } from '../../../local/s3/uploads';
import type { BusEvent, LocalStack } from '../../../local/types';
import { until } from '../fakes';

const BUCKET = 'sources';
const BUCKETS = [{
  type: 'AWS::S3::Bucket', physicalId: BUCKET, properties: { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } },
}];
const NOTHING = { ifAbsent: false };
const access = accessOf();
const folders: string[] = [];

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function newStack(): LocalStack {
  folders.push(mkdtempSync(join(tmpdir(), 'vod-')));
  return stackOf(BUCKETS, folders.at(-1));
}

const filesOf = ({ dataFolder }: LocalStack) => ['.incoming', '.uploads'].flatMap((folder) => readdirSync(join(dataFolder, 's3', folder), { recursive: true }).map(String));

/** A gate that holds the caller of `pass` until `open` is called. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { open, pass: () => opened };
}

describe('while parts are joined', () => {
  /** Creates a local S3's multipart uploads with a slow store: each `put` to the store waits until `open` is called. */
  function slowUploads(fault?: Error) {
    const stack = newStack();
    const told: string[] = [];
    const store = createStore(stack, (_, { key }) => told.push(key));
    const held = gate();
    const uploads = createUploads(join(stack.dataFolder, 's3', '.uploads'), store.incoming, {
      ...store,
      async put(...input) {
        await held.pass();
        if (fault) throw fault;
        return store.put(...input);
      },
    });
    return { uploads, told, store, open: held.open, files: () => filesOf(stack) };
  }

  async function started(fault?: Error) {
    const slow = slowUploads(fault);
    const upload = slow.uploads.start(BUCKET, 'k', {});
    const { etag } = await slow.uploads.putPart(upload, 1, Buffer.from('old'), () => undefined);
    return { ...slow, upload, chosen: [{ partNumber: 1, etag }] };
  }
  const gone = { status: 'rejected', reason: expect.objectContaining({ code: 'NoSuchUpload' }) };

  test('a second completion waits, and then finds no upload', async () => {
    const { uploads, upload, chosen, told, open } = await started();
    const both = Promise.allSettled([uploads.complete(upload, chosen, NOTHING), uploads.complete(upload, chosen, NOTHING)]);
    open();
    expect(await both).toEqual([expect.objectContaining({ status: 'fulfilled' }), gone]);
    expect(told).toEqual(['k']);
  });

  test('an abort waits, and then finds no upload; the object exists', async () => {
    const { uploads, upload, chosen, store, open, files } = await started();
    const both = Promise.allSettled([uploads.complete(upload, chosen, NOTHING), uploads.abort(upload)]);
    open();
    expect(await both).toEqual([expect.objectContaining({ status: 'fulfilled' }), gone]);
    expect([store.get(BUCKET, 'k')!.size, files()]).toEqual([3, []]);
  });

  test('a completion after an abort finds no upload; no object exists', async () => {
    const { uploads, upload, chosen, store, open, files } = await started();
    open();
    const both = await Promise.allSettled([uploads.abort(upload), uploads.complete(upload, chosen, NOTHING)]);
    expect(both).toEqual([expect.objectContaining({ status: 'fulfilled' }), gone]);
    expect([store.get(BUCKET, 'k'), files()]).toEqual([undefined, []]);
  });

  test('a part waits, and then finds no upload', async () => {
    const { uploads, upload, chosen, store, open, files } = await started();
    const both = Promise.allSettled([uploads.complete(upload, chosen, NOTHING), uploads.putPart(upload, 1, Buffer.from('newer'), () => undefined)]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    open();
    expect(await both).toEqual([expect.objectContaining({ status: 'fulfilled' }), gone]);
    expect([store.get(BUCKET, 'k')!.size, files()]).toEqual([3, []]);
  });

  test('a part is stored if the completion fails, and the upload can be completed later', async () => {
    const { uploads, upload, chosen, open } = await started(new Error('full'));
    const both = Promise.allSettled([uploads.complete(upload, chosen, NOTHING), uploads.putPart(upload, 1, Buffer.from('newer'), () => undefined)]);
    open();
    expect(await both).toMatchObject([{ status: 'rejected', reason: { message: 'full' } }, { status: 'fulfilled', value: { size: 5 } }]);
    expect(uploads.partsOf(upload)).toMatchObject([{ partNumber: 1, size: 5 }]);
    await expect(uploads.complete(upload, chosen, NOTHING)).rejects.toMatchObject({ code: 'InvalidPart' });
  });
});

describe('over HTTP', () => {
  let stack: LocalStack;
  let served: Awaited<ReturnType<typeof startFake>>;
  let client: s3.S3Client;
  const events: BusEvent[] = [];
  const serve = async () => {
    served = await startFake(createS3({ stack, access, putEvent: (event) => events.push(event) }).service, access);
    client = clientOf(served.endpoint);
  };
  const stop = async () => {
    client.destroy();
    await served.stop();
  };

  beforeEach(async () => {
    events.length = 0;
    stack = newStack();
    await serve();
  });
  afterEach(stop);

  /** Sends a part whose second half waits for `finish`. */
  async function slowPart({ Key, UploadId }: { Key: string; UploadId: string }) {
    const held = gate();
    const body = Readable.from((async function* () {
      yield Buffer.from('first half');
      await held.pass();
      yield Buffer.from('other half');
    })());
    const answer = rawTo(served.endpoint, 'PUT', `/${BUCKET}/${Key}?partNumber=1&uploadId=${UploadId}`, { 'content-length': '20' }, body);
    await until(() => readdirSync(join(stack.dataFolder, 's3', '.incoming')).length > 0);
    return { finish: held.open, answer };
  }

  test.each(['abort', 'complete'] as const)('a part that arrives during %s is refused and leaves no files', async (operation) => {
    const upload = uploadTo(client, BUCKET, 'k');
    await upload.start({});
    const part = await upload.part(1, 'old', {});
    const { finish, answer } = await slowPart(upload.target());
    await (operation === 'abort' ? upload.abort() : upload.complete([part]));
    finish();
    expect(await answer).toMatchObject({ status: 404, body: expect.stringContaining('<Code>NoSuchUpload</Code>') });
    expect(filesOf(stack)).toEqual([]);
    expect(events).toHaveLength(operation === 'abort' ? 0 : 1);
  });

  test('uploads and parts survive a restart; incomplete files do not', async () => {
    const upload = uploadTo(client, BUCKET, 'k');
    await upload.start({ ContentType: 'video/mp4', ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const data = Buffer.alloc(PART_BYTES, 1);
    const parts = [await upload.part(1, data), await upload.part(2, 'end')];
    const { Parts } = await upload.list();
    for (const name of ['half', `.uploads/${upload.target().UploadId}/half`, `.uploads/${upload.target().UploadId}/3.json.new`]) {
      writeFileSync(join(stack.dataFolder, 's3', ...name === 'half' ? ['.incoming', name] : [name]), 'half');
    }
    await stop();
    await serve();
    const { UploadId, Key } = upload.target();
    const { ListPartsCommand, CompleteMultipartUploadCommand } = await import('@aws-sdk/client-s3');
    expect((await client.send(new ListPartsCommand({ Bucket: BUCKET, Key, UploadId }))).Parts).toEqual(Parts);
    expect(filesOf(stack).filter((name) => name.includes('half') || name.endsWith('.new'))).toEqual([]);
    const answer = await client.send(new CompleteMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId, MultipartUpload: { Parts: parts }, ChecksumCRC32: crc32(Buffer.concat([data, Buffer.from('end')])) }));
    expect(answer.ETag).toBe(`"${md5(Buffer.from(md5(data) + md5('end'), 'hex'))}-2"`);
    expect(filesOf(stack)).toEqual([]);
  });

  test('after a kill between the commit and the clean-up, the upload has ended', async () => {
    const upload = uploadTo(client, BUCKET, 'k');
    await upload.start({});
    const parts = [await upload.part(1, 'x', {})];
    const folder = join(stack.dataFolder, 's3', '.uploads', upload.target().UploadId);
    cpSync(folder, `${folder}.copy`, { recursive: true });
    await upload.complete(parts);
    cpSync(`${folder}.copy`, folder, { recursive: true });
    rmSync(`${folder}.copy`, { recursive: true });
    await stop();
    await serve();
    expect(filesOf(stack)).toEqual([]);
    const answer = await rawTo(served.endpoint, 'GET', `/${BUCKET}/k?uploadId=${upload.target().UploadId}`);
    expect([answer.status, events.length]).toEqual([404, 1]);
  });
});
