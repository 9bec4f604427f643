import { createHash, randomUUID } from 'crypto';
import { createWriteStream, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import { Readable } from 'stream';
import { pipeline } from 'stream/promises';
import { durableRecords } from '../durable';
import { readJson } from '../services/json';
import { firstLines, logLine } from '../text';
import { AwsError, type LocalStack } from '../types';

/** What is known of an object: the etag has its quotes, the headers are those besides the content type, the path is that of its bytes. */
export interface ObjectMeta {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly contentType: string;
  readonly lastModified: Date;
  readonly headers: Record<string, string>;
  readonly path: string;
}
/** What a put says of the object; `ifAbsent` fails when the key exists, also when another put wins the race. */
export type PutOptions = Partial<Pick<ObjectMeta, 'contentType' | 'headers'>> & { readonly ifAbsent?: boolean };

/** Before what could not be told is told again. */
const RETRY_MS = 1000;

/** A file store with S3's semantics below the stack's data folder. */
export type Store = ReturnType<typeof createStore>;

/**
 * Each object is a file of bytes with a random name and a file of facts named by the key's hash, so that no key can
 * reach outside. Renaming the facts is the commit: readers of the old bytes keep them, a crash leaves the old object.
 *
 * @param created is called for each object before its put ends, and for one that was committed just before a crash at the next start
 */
export function createStore(stack: LocalStack, created: (bucket: string, meta: ObjectMeta) => void) {
  const buckets = new Set(stack.ofType('AWS::S3::Bucket').map(({ physicalId }) => physicalId));
  const place = (...names: string[]) => join(stack.dataFolder, 's3', ...names);
  const factsOf = (bucket: string, key: string) => place(bucket, `${createHash('sha256').update(key).digest('hex')}.json`);
  const incoming = '.incoming'; // no bucket's name begins with a dot
  rmSync(place(incoming), { recursive: true, force: true }); // left by a run that was killed
  for (const folder of [incoming, ...buckets]) mkdirSync(place(folder), { recursive: true });
  /** By the name of their bytes, the puts that `created` may not know. */
  const untold = durableRecords<{ bucket: string; key: string }>(place('.untold'));

  function read(bucket: string, file: string): ObjectMeta | undefined {
    const written = readJson(file);
    if (!written) return undefined;
    const { bytes, lastModified, ...facts } = written;
    return { ...facts, lastModified: new Date(lastModified), path: place(bucket, bytes) };
  }

  function requireBucket(bucket: string): void {
    if (!buckets.has(bucket)) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
  }

  function get(bucket: string, key: string): ObjectMeta | undefined {
    requireBucket(bucket);
    return read(bucket, factsOf(bucket, key));
  }

  /** All objects in the order of their keys' UTF-8 bytes. */
  function list(bucket: string): ObjectMeta[] {
    requireBucket(bucket);
    const all = readdirSync(place(bucket)).filter((name) => name.endsWith('.json')).flatMap((name) => read(bucket, place(bucket, name)) ?? []);
    return all.sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
  }

  /** Deletes an object if it is there. The facts go first: a crash leaves bytes that nothing names. */
  function remove(bucket: string, key: string): void {
    const old = get(bucket, key);
    if (!old) return;
    rmSync(factsOf(bucket, key));
    rmSync(old.path, { force: true });
  }

  /** Streams the bytes to a new file, hashing on the way: memory stays flat however large it is. Leaves nothing when it fails. */
  async function put(bucket: string, key: string, body: Readable | Buffer, { contentType = 'binary/octet-stream', headers = {}, ifAbsent }: PutOptions = {}) {
    const replaced = () => {
      const old = get(bucket, key);
      if (old && ifAbsent) throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
      return old;
    };
    replaced();
    const bytes = randomUUID();
    const file = place(incoming, bytes);
    const md5 = createHash('md5');
    let size = 0;
    try {
      await pipeline(Buffer.isBuffer(body) ? Readable.from([body]) : body, async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          size += chunk.length;
          md5.update(chunk);
          yield chunk;
        }
      }, createWriteStream(file));
      // Synchronous from check to commit, so two racing puts cannot both find the key absent.
      const old = replaced();
      renameSync(file, place(bucket, bytes));
      const facts = { key, size, etag: `"${md5.digest('hex')}"`, contentType, headers, bytes, lastModified: new Date().setMilliseconds(0) };
      writeFileSync(file, JSON.stringify(facts));
      untold.set(bytes, { bucket, key });
      renameSync(file, factsOf(bucket, key));
      if (old) rmSync(old.path, { force: true });
    } finally {
      rmSync(file, { force: true });
    }
    const meta = get(bucket, key)!;
    tell(bytes, bucket, meta);
    return meta;
  }

  /** Tells of an object that is stored. A disk that is full delays that, and makes no failure of the put. */
  function tell(bytes: string, bucket: string, meta: ObjectMeta): void {
    try {
      created(bucket, meta);
      untold.delete(bytes);
    } catch (error) {
      logLine(`s3: ${firstLines(error as Error)}`);
      setTimeout(() => tell(bytes, bucket, meta), RETRY_MS).unref();
    }
  }

  for (const [bytes, { bucket, key }] of untold.entries()) {
    const meta = buckets.has(bucket) ? get(bucket, key) : undefined;
    if (meta?.path === place(bucket, bytes)) tell(bytes, bucket, meta);
    else untold.delete(bytes);
  }
  return { get, list, put, delete: remove };
}
