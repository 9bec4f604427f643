import { createHash, randomUUID, type Hash } from 'crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'fs';
import { open, readFile, readdir, rm } from 'fs/promises';
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

const hashed = (key: string) => createHash('sha256').update(key).digest('hex');
const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const crcBytes = (value: number) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes; };

/** Writes a stream to a new file, hashing on the way: memory stays flat however large it is. */
async function write(file: string, body: Body, algorithms: Iterable<Algorithm>): Promise<{ size: number; md5: Buffer; checksums: Checksums }> {
  const md5 = createHash('md5');
  const wanted = new Set(algorithms);
  const hashes = new Map<Algorithm, Hash>([...wanted].filter((name) => name !== 'crc32').map((name) => [name, createHash(name)]));
  let size = 0;
  let crc = 0;
  const handle = await open(file, 'wx');
  try {
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body as AsyncIterable<Buffer>) {
      size += chunk.length;
      md5.update(chunk);
      if (wanted.has('crc32')) crc = crc32(chunk, crc);
      hashes.forEach((hash) => hash.update(chunk));
      await handle.writeFile(chunk);
    }
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  const checksums: Checksums = Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest('base64')]));
  if (wanted.has('crc32')) checksums.crc32 = crcBytes(crc).toString('base64');
  return { size, md5: md5.digest(), checksums };
}

function verify(expected: Checksums | undefined, actual: Checksums): void {
  for (const [name, value] of Object.entries(expected ?? {})) {
    if (actual[name as Algorithm] !== value) {
      throw new AwsError('BadDigest', `The ${name.toUpperCase()} you specified did not match the calculated checksum.`);
    }
  }
}

/**
 * Each object is a file of bytes with a random name and a file of facts named by the key's hash, so that no key can
 * reach outside. Renaming the facts is the commit: readers of the old bytes keep them, a crash leaves the old object.
 */
export function createStore(stack: LocalStack, created: (bucket: string, meta: ObjectMeta, reason: string) => void) {
  const root = join(stack.dataFolder, 's3');
  const names = new Set(stack.ofType('AWS::S3::Bucket').map((bucket) => bucket.physicalId));
  const buckets = new Map<string, Map<string, ObjectMeta>>();
  const factsOf = (bucket: string) => join(root, bucket, 'objects');

  function bucketOf(name: string): Map<string, ObjectMeta> {
    const loaded = buckets.get(name);
    if (loaded) return loaded;
    if (!names.has(name)) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    for (const folder of ['objects', 'bytes', 'uploads']) mkdirSync(join(root, name, folder), { recursive: true });
    const objects = new Map<string, ObjectMeta>();
    for (const file of readdirSync(factsOf(name)).filter((entry) => entry.endsWith('.json'))) {
      const { bytes, ...meta } = readJson(join(factsOf(name), file));
      objects.set(meta.key, { ...meta, lastModified: new Date(meta.lastModified), path: join(root, name, 'bytes', bytes) });
    }
    const known = new Set([...objects.values()].map((meta) => meta.path));
    for (const file of readdirSync(join(root, name, 'bytes'))) {
      const path = join(root, name, 'bytes', file);
      if (!known.has(path)) rmSync(path); // left by a run that was killed half-way
    }
    buckets.set(name, objects);
    return objects;
  }

  function mustBeAbsent(bucket: string, key: string, options: PutOptions): void {
    if (options.ifAbsent && bucketOf(bucket).has(key)) {
      throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
    }
  }

  /** Synchronous from check to rename, so two racing puts cannot both find the key absent. */
  function commit(bucket: string, bytes: string, meta: Omit<ObjectMeta, 'path' | 'lastModified'>, options: PutOptions, reason: string): ObjectMeta {
    const objects = bucketOf(bucket);
    mustBeAbsent(bucket, meta.key, options);
    const old = objects.get(meta.key);
    const lastModified = new Date(Math.floor(Date.now() / 1000) * 1000);
    const file = join(factsOf(bucket), `${hashed(meta.key)}.json`);
    writeFileSync(`${file}.new`, JSON.stringify({ ...meta, lastModified, bytes }));
    renameSync(`${file}.new`, file);
    const full = { ...meta, lastModified, path: join(root, bucket, 'bytes', bytes) };
    objects.set(meta.key, full);
    if (old) rmSync(old.path, { force: true });
    created(bucket, full, reason);
    return full;
  }

  /** Writes the bytes and commits what `describe` makes of them; leaves no file when that fails. */
  async function store(
    bucket: string, key: string, body: Body, options: PutOptions, reason: string,
    describe: (written: Awaited<ReturnType<typeof write>>) => Pick<ObjectMeta, 'etag' | 'checksums' | 'checksumType'>,
  ): Promise<ObjectMeta> {
    bucketOf(bucket);
    mustBeAbsent(bucket, key, options);
    const bytes = randomUUID();
    const path = join(root, bucket, 'bytes', bytes);
    const { contentType = 'binary/octet-stream', headers = {} } = options;
    try {
      const written = await write(path, body, [...options.keep ?? [], ...Object.keys(options.expect ?? {}) as Algorithm[]]);
      return commit(bucket, bytes, { key, size: written.size, contentType, headers, ...describe(written) }, options, reason);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  const folderOf = (bucket: string, uploadId: string) => join(root, bucket, 'uploads', uploadId);

  async function upload(bucket: string, key: string, uploadId: string): Promise<Upload> {
    bucketOf(bucket);
    const known = /^[0-9a-f-]{36}$/.test(uploadId) && await readFile(join(folderOf(bucket, uploadId), 'upload.json'), 'utf8').catch(() => undefined);
    const found: Upload | undefined = known ? JSON.parse(known) : undefined;
    if (found?.key !== key) {
      throw new AwsError('NoSuchUpload', 'The specified upload does not exist. It may have been aborted or completed.', 404);
    }
    return found;
  }

  async function parts(bucket: string, key: string, uploadId: string): Promise<Part[]> {
    await upload(bucket, key, uploadId);
    const files = (await readdir(folderOf(bucket, uploadId))).filter((file) => /^\d+\.json$/.test(file));
    return files.map((file) => readJson(join(folderOf(bucket, uploadId), file)) as Part).sort((a, b) => a.partNumber - b.partNumber);
  }

  return {
    /** The object's facts; undefined when there is no such object. */
    get: (bucket: string, key: string): ObjectMeta | undefined => bucketOf(bucket).get(key),
    /** Absolute path of the object's bytes. */
    path: (bucket: string, key: string): string | undefined => bucketOf(bucket).get(key)?.path,
    /** The objects below a prefix, in S3's order. */
    list: (bucket: string, prefix = ''): ObjectMeta[] => [...bucketOf(bucket).values()].filter((meta) => meta.key.startsWith(prefix))
      .sort((a, b) => byBytes(a.key, b.key)),
    delete: (bucket: string, key: string): void => {
      const meta = bucketOf(bucket).get(key);
      if (!meta) return;
      rmSync(join(factsOf(bucket), `${hashed(key)}.json`));
      bucketOf(bucket).delete(key);
      rmSync(meta.path, { force: true });
    },
    put: (bucket: string, key: string, body: Body, options: PutOptions = {}): Promise<ObjectMeta> =>
      store(bucket, key, body, options, 'PutObject', ({ md5, checksums }) => {
        verify(options.expect, checksums);
        return { etag: `"${md5.toString('hex')}"`, checksums, checksumType: Object.keys(checksums).length ? 'FULL_OBJECT' : undefined };
      }),
    upload,
    parts,
    createUpload: (bucket: string, key: string, options: PutOptions, checksumType?: string): string => {
      bucketOf(bucket);
      const uploadId = randomUUID();
      mkdirSync(folderOf(bucket, uploadId));
      writeFileSync(join(folderOf(bucket, uploadId), 'upload.json'), JSON.stringify({ key, options, checksumType } satisfies Upload));
      return uploadId;
    },
    putPart: async (bucket: string, key: string, uploadId: string, partNumber: number, body: Body, sent: Pick<PutOptions, 'expect' | 'keep'>): Promise<Part> => {
      const { options } = await upload(bucket, key, uploadId);
      const folder = folderOf(bucket, uploadId);
      const temporary = join(folder, randomUUID());
      const wanted = [...options.keep ?? [], ...sent.keep ?? [], ...Object.keys(sent.expect ?? {}) as Algorithm[]];
      const { size, md5, checksums } = await write(temporary, body, wanted);
      try {
        verify(sent.expect, checksums);
        const part: Part = { partNumber, size, etag: `"${md5.toString('hex')}"`, lastModified: new Date().toISOString(), checksums };
        renameSync(temporary, join(folder, `${partNumber}`));
        writeFileSync(join(folder, `${partNumber}.json`), JSON.stringify(part));
        return part;
      } finally {
        rmSync(temporary, { force: true });
      }
    },
    completeUpload: async (
      bucket: string, key: string, uploadId: string, chosen: { partNumber: number; etag: string }[], more: Pick<PutOptions, 'ifAbsent' | 'expect'>,
    ): Promise<ObjectMeta> => {
      const { options: { keep = [], ...options }, checksumType } = await upload(bucket, key, uploadId);
      const found = new Map((await parts(bucket, key, uploadId)).map((part) => [part.partNumber, part]));
      const used = chosen.map(({ partNumber, etag }, index) => {
        const part = found.get(partNumber);
        if (index && partNumber <= chosen[index - 1].partNumber) throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
        if (part?.etag.replace(/"/g, '') !== etag.replace(/"/g, '')) {
          throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found, or its entity tag did not match.');
        }
        return part;
      });
      if (used.slice(0, -1).some((part) => part.size < 5 * 1024 * 1024)) throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
      const folder = folderOf(bucket, uploadId);
      async function* joined() {
        for (const part of used) {
          const handle = await open(join(folder, `${part.partNumber}`));
          yield* handle.createReadStream() as AsyncIterable<Buffer>;
        }
      }
      const composite = checksumType === 'COMPOSITE';
      const meta = await store(bucket, key, joined(), { ...options, ...more, keep: composite ? [] : keep }, 'CompleteMultipartUpload', ({ checksums }) => {
        const whole = composite ? compositeOf(keep, used) : checksums;
        verify(more.expect, whole);
        const md5 = createHash('md5').update(Buffer.concat(used.map((part) => Buffer.from(part.etag.replace(/"/g, ''), 'hex')))).digest('hex');
        return { etag: `"${md5}-${used.length}"`, checksums: whole, checksumType: Object.keys(whole).length ? checksumType ?? 'FULL_OBJECT' : undefined };
      });
      await rm(folder, { recursive: true, force: true });
      return meta;
    },
    abortUpload: async (bucket: string, key: string, uploadId: string): Promise<void> => {
      await upload(bucket, key, uploadId);
      await rm(folderOf(bucket, uploadId), { recursive: true, force: true });
    },
  };
}

/** A composite checksum is the checksum of the parts' checksums, and says of how many. */
function compositeOf(keep: Algorithm[], used: Part[]): Checksums {
  return Object.fromEntries(keep.map((name) => {
    const raw = Buffer.concat(used.map((part) => Buffer.from(part.checksums[name] ?? '', 'base64')));
    return [name, `${(name === 'crc32' ? crcBytes(crc32(raw)) : createHash(name).update(raw).digest()).toString('base64')}-${used.length}`];
  }));
}
