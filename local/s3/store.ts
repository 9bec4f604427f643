import { createHash, randomUUID } from 'crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'fs';
import { open, rm } from 'fs/promises';
import { join } from 'path';
import type { Readable } from 'stream';
import { crc32 } from 'zlib';
import { AwsError, type LocalStack } from '../types';

/** The checksums that can be declared, by S3's name for them. */
export const ALGORITHMS = ['crc32', 'sha1', 'sha256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
/** Base64, by algorithm. */
export type Checksums = Partial<Record<Algorithm, string>>;
export type Body = AsyncIterable<Buffer> | Readable | Buffer;

/** What is known of an object. */
export interface ObjectMeta {
  readonly key: string;
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  readonly contentType: string;
  readonly lastModified: Date;
  /** Stored headers besides the content type: `cache-control`, `x-amz-meta-*`, ... */
  readonly headers: Record<string, string>;
  readonly checksums: Checksums;
  readonly checksumType?: string;
  /** Absolute path of its bytes. */
  readonly path: string;
}
/** What a put says of the object. */
export interface PutOptions {
  readonly contentType?: string;
  readonly headers?: Record<string, string>;
  /** Base64 checksums that the bytes must have. */
  readonly expect?: Checksums;
  /** Algorithms to keep a checksum of. */
  readonly keep?: Algorithm[];
  /** `If-None-Match: *`: fails when the key exists, also when another put wins the race. */
  readonly ifAbsent?: boolean;
}
/** An uploaded part; its bytes lie beside, named by its number. */
export interface Part { partNumber: number; size: number; etag: string; lastModified: string; checksums: Checksums }
interface Upload { key: string; options: PutOptions; checksumType?: string }

/** A file store with S3's semantics below the stack's data folder. */
export type Store = ReturnType<typeof createStore>;

class Crc32 {
  private value = 0;
  update(chunk: Buffer) {
    this.value = crc32(chunk, this.value);
    return this;
  }
  digest() {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.value);
    return bytes;
  }
}
const hashOf = (name: Algorithm | 'md5') => (name === 'crc32' ? new Crc32() : createHash(name));
const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const writeJson = (file: string, value: unknown) => {
  writeFileSync(`${file}.new`, JSON.stringify(value));
  renameSync(`${file}.new`, file);
};

/** Writes a stream to a new file, hashing on the way: memory stays flat however large it is. Leaves no file when it fails. */
async function write(file: string, body: Body, { keep = [], expect = {} }: PutOptions) {
  const hashes = new Map([...keep, ...Object.keys(expect) as Algorithm[], 'md5' as const].map((name) => [name, hashOf(name)]));
  let size = 0;
  const handle = await open(file, 'wx');
  try {
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body as AsyncIterable<Buffer>) {
      size += chunk.length;
      hashes.forEach((hash) => hash.update(chunk));
      await handle.writeFile(chunk);
    }
    const { md5, ...checksums } = Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest()] as const)) as Record<Algorithm | 'md5', Buffer>;
    const sums: Checksums = Object.fromEntries(Object.entries(checksums).map(([name, sum]) => [name, sum.toString('base64')]));
    verify(expect, sums); // the trailer of a chunked body has filled it in by now
    return { size, etag: `"${md5.toString('hex')}"`, checksums: sums };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

function verify(expected: Checksums, actual: Checksums): void {
  const wrong = (Object.keys(expected) as Algorithm[]).find((name) => actual[name] !== expected[name]);
  if (wrong) throw new AwsError('BadDigest', `The ${wrong.toUpperCase()} you specified did not match the calculated checksum.`);
}

/**
 * Each object is a file of bytes with a random name and a file of facts named by the key's hash, so that no key can
 * reach outside. Renaming the facts is the commit: readers of the old bytes keep them, a crash leaves the old object.
 */
export function createStore(stack: LocalStack, created: (bucket: string, meta: ObjectMeta, reason: string) => void) {
  const names = new Set(stack.ofType('AWS::S3::Bucket').map((bucket) => bucket.physicalId));
  const buckets = new Map<string, Map<string, ObjectMeta>>();
  const place = (bucket: string, ...rest: string[]) => join(stack.dataFolder, 's3', bucket, ...rest);
  const factsOf = (bucket: string, key: string) => place(bucket, 'objects', `${createHash('sha256').update(key).digest('hex')}.json`);

  function bucketOf(name: string): Map<string, ObjectMeta> {
    if (!names.has(name)) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    if (buckets.has(name)) return buckets.get(name)!;
    ['objects', 'bytes', 'uploads'].forEach((folder) => mkdirSync(place(name, folder), { recursive: true }));
    const facts = readdirSync(place(name, 'objects')).filter((file) => file.endsWith('.json')).map((file) => readJson(place(name, 'objects', file)));
    const known = new Set(facts.map(({ bytes }) => bytes));
    readdirSync(place(name, 'bytes')).forEach((file) => { if (!known.has(file)) rmSync(place(name, 'bytes', file)); }); // left by a run that was killed
    const objects = facts.map(({ bytes, ...meta }) => [meta.key, { ...meta, lastModified: new Date(meta.lastModified), path: place(name, 'bytes', bytes) }] as const);
    buckets.set(name, new Map(objects));
    return bucketOf(name);
  }

  function mustBeAbsent(bucket: string, key: string, { ifAbsent }: PutOptions): void {
    if (bucketOf(bucket).has(key) && ifAbsent) throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
  }

  /** Writes the bytes and commits them with what `describe` makes of them. */
  async function store(
    bucket: string, key: string, body: Body, options: PutOptions, reason: string,
    describe: (written: Awaited<ReturnType<typeof write>>) => Pick<ObjectMeta, 'etag' | 'checksums' | 'checksumType'>,
  ): Promise<ObjectMeta> {
    mustBeAbsent(bucket, key, options);
    const bytes = randomUUID();
    const path = place(bucket, 'bytes', bytes);
    const written = await write(path, body, options);
    try {
      // Synchronous from check to rename, so two racing puts cannot both find the key absent.
      mustBeAbsent(bucket, key, options);
      const { contentType = 'binary/octet-stream', headers = {} } = options;
      const meta = { key, size: written.size, contentType, headers, ...describe(written), lastModified: new Date(Math.floor(Date.now() / 1000) * 1000) };
      writeJson(factsOf(bucket, key), { ...meta, bytes });
      const old = bucketOf(bucket).get(key);
      bucketOf(bucket).set(key, { ...meta, path });
      if (old) rmSync(old.path, { force: true });
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    const meta = bucketOf(bucket).get(key)!;
    created(bucket, meta, reason);
    return meta;
  }

  function upload(bucket: string, key: string, uploadId: string): Upload & { folder: string } {
    bucketOf(bucket);
    const folder = place(bucket, 'uploads', uploadId);
    if (/^[0-9a-f-]{36}$/.test(uploadId)) {
      try {
        const found: Upload = readJson(join(folder, 'upload.json'));
        if (found.key === key) return { ...found, folder };
      } catch { /* gone, as below */ }
    }
    throw new AwsError('NoSuchUpload', 'The specified upload does not exist. It may have been aborted or completed.', 404);
  }
  function parts(bucket: string, key: string, uploadId: string): Part[] {
    const { folder } = upload(bucket, key, uploadId);
    const files = readdirSync(folder).filter((file) => /^\d+\.json$/.test(file));
    return files.map((file) => readJson(join(folder, file)) as Part).sort((a, b) => a.partNumber - b.partNumber);
  }

  return {
    /** The object's facts; undefined when there is no such object. */
    get: (bucket: string, key: string): ObjectMeta | undefined => bucketOf(bucket).get(key),
    /** Absolute path of the object's bytes. */
    path: (bucket: string, key: string): string | undefined => bucketOf(bucket).get(key)?.path,
    /** The objects below a prefix, in S3's order. */
    list: (bucket: string, prefix = ''): ObjectMeta[] => [...bucketOf(bucket).values()].filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
    delete: (bucket: string, key: string): void => {
      const meta = bucketOf(bucket).get(key);
      if (!meta) return;
      bucketOf(bucket).delete(key);
      rmSync(factsOf(bucket, key));
      rmSync(meta.path, { force: true });
    },
    put: (bucket: string, key: string, body: Body, options: PutOptions = {}): Promise<ObjectMeta> => store(bucket, key, body, options, 'PutObject',
      ({ etag, checksums }) => ({ etag, checksums, checksumType: Object.keys(checksums).length ? 'FULL_OBJECT' : undefined })),
    upload,
    parts,
    createUpload: (bucket: string, key: string, options: PutOptions, checksumType?: string): string => {
      bucketOf(bucket);
      const uploadId = randomUUID();
      mkdirSync(place(bucket, 'uploads', uploadId));
      writeJson(place(bucket, 'uploads', uploadId, 'upload.json'), { key, options, checksumType } satisfies Upload);
      return uploadId;
    },
    putPart: async (bucket: string, key: string, uploadId: string, partNumber: number, body: Body, { expect, keep = [] }: PutOptions): Promise<Part> => {
      const { folder, options } = upload(bucket, key, uploadId);
      const temporary = join(folder, randomUUID());
      const written = await write(temporary, body, { expect, keep: [...keep, ...options.keep ?? []] });
      const part: Part = { partNumber, lastModified: new Date().toISOString(), ...written };
      renameSync(temporary, join(folder, `${partNumber}`));
      writeJson(join(folder, `${partNumber}.json`), part);
      return part;
    },
    completeUpload: async (bucket: string, key: string, uploadId: string, chosen: Pick<Part, 'partNumber' | 'etag'>[], { ifAbsent, expect = {} }: PutOptions) => {
      const { folder, checksumType, options: { keep = [], ...options } } = upload(bucket, key, uploadId);
      const found = new Map(parts(bucket, key, uploadId).map((part) => [part.partNumber, part]));
      const used = chosen.map(({ partNumber, etag }, index) => {
        const part = found.get(partNumber);
        if (index && partNumber <= chosen[index - 1].partNumber) throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
        if (part && part.etag.replace(/"/g, '') === etag.replace(/"/g, '')) return part;
        throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found, or its entity tag did not match.');
      });
      if (used.slice(0, -1).some(({ size }) => size < 5 * 1024 * 1024)) throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
      async function* joined() {
        for (const { partNumber } of used) yield* (await open(join(folder, `${partNumber}`))).createReadStream() as AsyncIterable<Buffer>;
      }
      /** Of several: the hash of the parts' hashes, and of how many. */
      const composed = (name: Algorithm | 'md5', hashes: Buffer[], form: 'hex' | 'base64') =>
        `${hashOf(name).update(Buffer.concat(hashes)).digest().toString(form)}-${used.length}`;
      const composite = checksumType === 'COMPOSITE' && Object.fromEntries(keep.map((name) =>
        [name, composed(name, used.map(({ checksums }) => Buffer.from(checksums[name] ?? '', 'base64')), 'base64')]));
      if (composite) verify(expect, composite);
      const etag = `"${composed('md5', used.map((part) => Buffer.from(part.etag.replace(/"/g, ''), 'hex')), 'hex')}"`;
      const full = { ...options, ifAbsent, ...!composite && { keep, expect } };
      const meta = await store(bucket, key, joined(), full, 'CompleteMultipartUpload', ({ checksums: whole }) => {
        const checksums = composite || whole;
        return { etag, checksums, checksumType: Object.keys(checksums).length ? checksumType ?? 'FULL_OBJECT' : undefined };
      });
      await rm(folder, { recursive: true, force: true });
      return meta;
    },
    abortUpload: (bucket: string, key: string, uploadId: string): void => rmSync(upload(bucket, key, uploadId).folder, { recursive: true, force: true }),
  };
}
