import { createHash, randomUUID } from 'crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import { Readable } from 'stream';
import { pipeline } from 'stream/promises';
import { crc32 } from 'zlib';
import { AwsError, type LocalStack } from '../types';

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
  /** Base64; only if whoever put it declared one. */
  readonly crc32?: string;
  /** Absolute path of its bytes. */
  readonly path: string;
}
/** What a put says of the object. */
export interface PutOptions {
  readonly contentType?: string;
  readonly headers?: Record<string, string>;
  /** The base64 checksum that the bytes must have. */
  readonly crc32?: string;
  /** `If-None-Match: *`: fails when the key exists, also when another put wins the race. */
  readonly ifAbsent?: boolean;
}

/** A file store with S3's semantics below the stack's data folder. */
export type Store = ReturnType<typeof createStore>;

/**
 * Each object is a file of bytes with a random name and a file of facts named by the key's hash, so that no key can
 * reach outside. Renaming the facts is the commit: readers of the old bytes keep them, a crash leaves the old object.
 */
export function createStore(stack: LocalStack, created: (bucket: string, meta: ObjectMeta) => void) {
  const buckets = new Set(stack.ofType('AWS::S3::Bucket').map(({ physicalId }) => physicalId));
  const place = (...names: string[]) => join(stack.dataFolder, 's3', ...names);
  const factsOf = (bucket: string, key: string) => place(bucket, `${createHash('sha256').update(key).digest('hex')}.json`);
  const incoming = '.incoming'; // no bucket's name begins with a dot
  rmSync(place(incoming), { recursive: true, force: true }); // left by a run that was killed
  for (const folder of [incoming, ...buckets]) mkdirSync(place(folder), { recursive: true });

  function get(bucket: string, key: string): ObjectMeta | undefined {
    if (!buckets.has(bucket)) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    if (!existsSync(factsOf(bucket, key))) return undefined;
    const { bytes, lastModified, ...facts } = JSON.parse(readFileSync(factsOf(bucket, key), 'utf8'));
    return { ...facts, lastModified: new Date(lastModified), path: place(bucket, bytes) };
  }

  /** Streams the bytes to a new file, hashing on the way: memory stays flat however large it is. Leaves nothing when it fails. */
  async function put(bucket: string, key: string, body: Readable | Buffer, options: PutOptions = {}): Promise<ObjectMeta> {
    const { contentType = 'binary/octet-stream', headers = {}, crc32: expected, ifAbsent } = options;
    const replaced = () => {
      const old = get(bucket, key);
      if (old && ifAbsent) throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
      return old;
    };
    replaced();
    const bytes = randomUUID();
    const file = place(incoming, bytes);
    const md5 = createHash('md5');
    let [size, sum] = [0, 0];
    try {
      await pipeline(Buffer.isBuffer(body) ? Readable.from([body]) : body, async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          [size, sum] = [size + chunk.length, crc32(chunk, sum)];
          md5.update(chunk);
          yield chunk;
        }
      }, createWriteStream(file));
      if (expected && Buffer.from(expected, 'base64').toString('hex') !== sum.toString(16).padStart(8, '0')) {
        throw new AwsError('BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
      }
      // Synchronous from check to commit, so two racing puts cannot both find the key absent.
      const old = replaced();
      renameSync(file, place(bucket, bytes));
      const facts = { key, size, etag: `"${md5.digest('hex')}"`, contentType, headers, crc32: expected, bytes, lastModified: new Date().setMilliseconds(0) };
      writeFileSync(file, JSON.stringify(facts));
      renameSync(file, factsOf(bucket, key));
      if (old) rmSync(old.path, { force: true });
    } finally {
      rmSync(file, { force: true });
    }
    const meta = get(bucket, key)!;
    created(bucket, meta);
    return meta;
  }

  return { get, put };
}
