import { createHash, randomUUID } from 'crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'fs';
import { basename, join } from 'path';
import { Body, verifyChecksum, writeContent } from './content';
import { durableRecords } from '../durable';
import { readJson } from '../services/json';
import { firstLines, logLine } from '../text';
import { AwsError, type LocalStack } from '../types';

export type Tags = Readonly<Record<string, string>>;

/** The metadata of an object. The value of `etag` includes the quotes. `headers` does not contain the content type. `path` is the path of the content file. */
export interface ObjectMeta {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly contentType: string;
  readonly lastModified: Date;
  readonly headers: Record<string, string>;
  readonly path: string;
  readonly tags?: Tags;
  /** The storage class of an archived object. All other objects are in the class STANDARD. */
  readonly storageClass?: 'GLACIER' | 'DEEP_ARCHIVE';
  /** The CRC32 in base64, if the client declared it or uploaded the object in parts with checksums. A composite CRC32 ends with `-` and the number of parts. */
  readonly checksum?: string;
  /** The id of the multipart upload that created the object. */
  readonly uploadId?: string;
  /** The operation that created the object, for the event of the object. */
  readonly reason?: 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload';
}
/** Options of a put. With `ifAbsent`, `put` fails if the key exists, even if a concurrent put created the key. */
export interface PutOptions extends Partial<Pick<ObjectMeta, 'contentType' | 'headers' | 'tags' | 'reason'>> {
  readonly ifAbsent?: boolean;
  /** Returns the declared CRC32 in base64. `put` calls this function after it has read the body, because the CRC32 can be in a trailer. */
  readonly checksum?: () => string | undefined;
  /** The multipart upload that creates the object. `checksumOf` verifies the CRC32 of the content, and returns the checksum to store with the object. */
  readonly multipart?: { readonly uploadId: string; readonly etag: string; readonly checksumOf: (crc32: string) => string | undefined };
}

/** Bucket names of S3 (see "General purpose bucket naming rules" in the Amazon S3 User Guide). A bucket is also a folder, so its name must not be a path. */
const BUCKET_NAME = /^[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]$/;

/** The delay before a failed call of `created` is retried. */
const RETRY_MS = 1000;

export type Store = ReturnType<typeof createStore>;

/**
 * Creates a file store with S3's semantics. Each object has two files: a content file with a random name, and a metadata file. The name of the metadata file is
 * the key's hash, because a key could be a path outside the folder. Renaming the metadata file commits a new object. Until the rename, readers get the old
 * object, even after a crash.
 *
 * @param created - called for each new object before `put` resolves. After a crash, `created` is called at the next start for the objects that were not
 * reported
 */
export function createStore(stack: LocalStack, created: (bucket: string, meta: ObjectMeta) => void) {
  const buckets = new Set(stack.ofType('AWS::S3::Bucket').map(({ logicalId, physicalId }) => {
    if (!BUCKET_NAME.test(physicalId)) throw new Error(`${logicalId}: expected a bucket name of 3 to 63 lower-case letters, digits, dots and hyphens, got ${JSON.stringify(physicalId)}`);
    return physicalId;
  }));
  const place = (...names: string[]) => join(stack.dataFolder, 's3', ...names);
  const factsOf = (bucket: string, key: string) => place(bucket, `${createHash('sha256').update(key).digest('hex')}.json`);
  const incoming = '.incoming'; // bucket names can't begin with a dot
  rmSync(place(incoming), { recursive: true, force: true }); // deletes the files of a run that was killed
  for (const folder of [incoming, ...buckets]) mkdirSync(place(folder), { recursive: true });
  /** The objects for which `created` may not have been called yet. The key of each record is the name of the object's content file. */
  const untold = durableRecords<{ bucket: string; key: string }>(place('.untold'));

  /**
   * The conditional puts that have not ended. A deletion of the object during a put causes a conflict (see "Conditional write behavior" in "How to prevent
   * object overwrites with conditional writes" of the Amazon S3 User Guide).
   */
  const conditionalPuts = new Set<{ readonly bucket: string; readonly key: string; hasConflict: boolean }>();

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

  /** Returns all objects in the order of their keys' UTF-8 bytes. */
  function list(bucket: string): ObjectMeta[] {
    requireBucket(bucket);
    const all = readdirSync(place(bucket)).filter((name) => name.endsWith('.json')).flatMap((name) => read(bucket, place(bucket, name)) ?? []);
    return all.sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
  }

  /** Changes metadata of an object. The content and the time of its last modification stay the same. */
  function update(bucket: string, key: string, changes: Partial<Pick<ObjectMeta, 'tags' | 'storageClass'>>): void {
    const old = get(bucket, key);
    if (!old) throw noSuchKey();
    const { path, ...facts } = { ...old, lastModified: old.lastModified.getTime(), ...changes };
    commit(bucket, key, { ...facts, bytes: basename(path) });
  }

  /** Replaces the metadata file of an object. */
  function commit(bucket: string, key: string, facts: object): void {
    const file = place(incoming, randomUUID());
    try {
      writeFileSync(file, JSON.stringify(facts));
      renameSync(file, factsOf(bucket, key));
    } finally {
      rmSync(file, { force: true });
    }
  }

  /** Deletes the metadata file before the content file, so that a crash leaves no object without content. */
  function remove(bucket: string, key: string, ifMatch?: string): void {
    const old = get(bucket, key);
    if (ifMatch !== undefined) requireMatch(old, ifMatch);
    for (const each of conditionalPuts) if (each.bucket === bucket && each.key === key) each.hasConflict = true;
    if (!old) return;
    rmSync(factsOf(bucket, key));
    rmSync(old.path, { force: true });
  }

  /** Streams the content to a new file and hashes the content, with constant memory use. */
  async function put(bucket: string, key: string, body: Body, options: PutOptions = {}): Promise<ObjectMeta> {
    const { contentType = 'binary/octet-stream', headers = {}, tags, reason = 'PutObject', ifAbsent, checksum, multipart } = options;
    const attempt = { bucket, key, hasConflict: false };
    const replaced = () => {
      const old = get(bucket, key);
      if (attempt.hasConflict) throw new AwsError('ConditionalRequestConflict', 'The conditional request cannot succeed due to a conflicting operation against this resource.', 409);
      if (old && ifAbsent) throw preconditionFailed();
      return old;
    };
    replaced();
    if (ifAbsent) conditionalPuts.add(attempt);
    const bytes = randomUUID();
    const file = place(incoming, bytes);
    try {
      const { size, md5, crc32 } = await writeContent(file, body, !multipart);
      const declared = checksum?.();
      verifyChecksum(declared, crc32);
      const storedChecksum = multipart ? multipart.checksumOf(crc32) : declared;
      // No other put can run between this check and the commit, because the code is synchronous.
      const old = replaced();
      renameSync(file, place(bucket, bytes));
      const facts = {
        key,
        size,
        etag: multipart?.etag ?? `"${md5.toString('hex')}"`,
        contentType,
        headers,
        tags,
        bytes,
        lastModified: new Date().setMilliseconds(0),
        checksum: storedChecksum,
        uploadId: multipart?.uploadId,
        reason: multipart ? 'CompleteMultipartUpload' : reason,
      };
      untold.set(bytes, { bucket, key });
      commit(bucket, key, facts);
      if (old) rmSync(old.path, { force: true });
    } finally {
      conditionalPuts.delete(attempt);
      rmSync(file, { force: true });
    }
    const meta = get(bucket, key)!;
    tell(bytes, bucket, meta);
    return meta;
  }

  /** If `created` fails, for example on a full disk, the call is retried later, and the put still succeeds. */
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
  return { get, list, put, update, delete: remove, incoming: place(incoming) };
}

export function noSuchKey(): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
}

function preconditionFailed(): AwsError {
  return new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
}

/**
 * Throws if the condition `If-Match` does not hold. For a conditional delete, AWS documents 404 only if a concurrent request deleted the object (see "How to
 * perform conditional deletes" in the Amazon S3 User Guide). Users measured 404 for every missing object (localstack issue 13894, ministack issue 1475).
 */
export function requireMatch(meta: Pick<ObjectMeta, 'etag'> | undefined, condition: string): void {
  if (!meta) throw noSuchKey();
  const bare = (etag: string) => etag.trim().replaceAll('"', '');
  if (condition !== '*' && bare(condition) !== bare(meta.etag)) throw preconditionFailed();
}
