import type * as S3 from '@aws-sdk/client-s3';
import { withoutTemporary } from './temporary-errors.runtime';
import { objectRejection } from '../runtime/s3-errors';

/** A part that S3 has stored. */
export interface StoredPart {
  readonly partNumber: number;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
  /** CRC32 in base64. */
  readonly checksum: string;
  readonly storedAt: Date;
}

export interface PartsPage {
  readonly parts: readonly StoredPart[];
  /** The last part number of the page. Undefined if there are no further parts. */
  readonly next?: number;
}

/** A multipart upload in S3. */
export interface Upload {
  readonly key: string;
  readonly uploadId: string;
}

/** An object that S3 has stored. */
export interface StoredObject {
  /** Bytes. */
  readonly size: number;
  /** The CRC32 of the object in base64, if S3 has stored a CRC32. */
  readonly checksum?: string;
}

/**
 * The result of `complete`. `ended`: S3 can no longer complete this upload, for example because S3 has no such upload, or already has the object.
 * `parts_changed`: a part was stored again after it was listed.
 */
export type Completion = 'completed' | 'ended' | 'parts_changed' | 'checksum_mismatch';

/** Multipart uploads and objects in one bucket. */
export interface MultipartUploads {
  /** Returns the id of a new upload, for which S3 stores the CRC32 of each part and of the file. */
  start(object: { readonly key: string; readonly contentType: string }): Promise<string>;
  /** Lists at most 1,000 stored parts after the part number `after`. Returns undefined if S3 has no such upload. */
  listParts(upload: Upload, after?: number): Promise<PartsPage | undefined>;
  /** Joins the parts to a file. `file` contains the expected size in bytes, and the expected CRC32 in base64. */
  complete(upload: Upload, parts: readonly StoredPart[], file: { readonly size: number; readonly checksum?: string }): Promise<Completion>;
  /** Deletes the upload and its parts. Does nothing if S3 has no such upload. */
  abort(upload: Upload): Promise<void>;
  findObject(key: string): Promise<StoredObject | undefined>;
  /** Deletes an object. Does nothing if S3 has no such object. */
  deleteObject(key: string): Promise<void>;
}

const REQUEST_MS = 5_000;
/**
 * The maximum time that the function waits for S3 to join the parts, because API Gateway ends a request after 29 seconds. S3 can need minutes, and continues
 * after the function has stopped waiting.
 */
const COMPLETION_MS = 15_000;

/** S3's error codes of CompleteMultipartUpload (see "CompleteMultipartUpload" and "Error responses" in the Amazon S3 API Reference). */
const COMPLETIONS: Readonly<Partial<Record<string, Completion>>> = {
  NoSuchUpload: 'ended',
  PreconditionFailed: 'ended',
  // S3 requires a new multipart upload after this error.
  ConditionalRequestConflict: 'ended',
  InvalidPart: 'parts_changed',
  BadDigest: 'checksum_mismatch',
};

/**
 * The S3 client is loaded at the first call, because an upload with one PUT request does not need the client.
 *
 * @param given @default - a client with the credentials of the function
 */
export function multipartUploads(bucket: string, given?: S3.S3Client): MultipartUploads {
  let loading: Promise<{ readonly s3: typeof S3; readonly client: S3.S3Client }> | undefined;
  const load = () => (loading ??= import('@aws-sdk/client-s3').then((s3) => ({ s3, client: given ?? new s3.S3Client({ maxAttempts: 2 }) })));
  const timeout = (ms = REQUEST_MS) => ({ abortSignal: AbortSignal.timeout(ms) });

  return {
    async start({ key, contentType }) {
      const { s3, client } = await load();
      const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({
        Bucket: bucket, Key: key, ContentType: contentType, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT',
      }), timeout()).catch(rethrow);
      if (!UploadId) throw new Error('the response of S3 contains no upload id');
      return UploadId;
    },

    async listParts({ key, uploadId }, after) {
      const { s3, client } = await load();
      const page = await client.send(new s3.ListPartsCommand({
        Bucket: bucket, Key: key, UploadId: uploadId, ...(after !== undefined && { PartNumberMarker: String(after) }),
      }), timeout()).catch(ignoring(isNoSuchUpload));
      if (!page) return undefined;
      const { Parts = [], IsTruncated, NextPartNumberMarker } = page;
      return {
        parts: Parts.map(({ PartNumber, Size, ETag, ChecksumCRC32, LastModified }) => (
          { partNumber: PartNumber!, size: Size!, etag: ETag!, checksum: ChecksumCRC32!, storedAt: LastModified! })),
        ...(IsTruncated && { next: Number(NextPartNumberMarker) }),
      };
    },

    async complete({ key, uploadId }, parts, { size, checksum }) {
      const { s3, client } = await load();
      try {
        await client.send(new s3.CompleteMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          UploadId: uploadId,
          IfNoneMatch: '*',
          ChecksumType: 'FULL_OBJECT',
          ChecksumCRC32: checksum,
          MpuObjectSize: size,
          MultipartUpload: { Parts: parts.map(({ partNumber, etag, checksum: part }) => ({ PartNumber: partNumber, ETag: etag, ChecksumCRC32: part })) },
        }), timeout(COMPLETION_MS));
        return 'completed';
      } catch (error) {
        return COMPLETIONS[(error as Error).name] ?? rethrow(error);
      }
    },

    async abort({ key, uploadId }) {
      const { s3, client } = await load();
      await client.send(new s3.AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }), timeout()).catch(ignoring(isNoSuchUpload));
    },

    async findObject(key) {
      const { s3, client } = await load();
      const head = await client.send(new s3.HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }), timeout()).catch(ignoring(isNoSuchObject));
      return head && { size: head.ContentLength!, checksum: head.ChecksumCRC32 };
    },

    async deleteObject(key) {
      const { s3, client } = await load();
      await client.send(new s3.DeleteObjectCommand({ Bucket: bucket, Key: key }), timeout()).catch(rethrow);
    },
  };
}

function isNoSuchUpload({ name }: Error): boolean {
  return name === 'NoSuchUpload';
}

/** The function has no permission to list the bucket, so S3 returns 403 for a missing object. */
function isNoSuchObject(error: Error): boolean {
  return objectRejection(error) !== undefined;
}

function ignoring(isExpected: (error: Error) => boolean): (error: Error) => undefined {
  return (error) => isExpected(error) ? undefined : rethrow(error);
}

function rethrow(error: unknown): never {
  throw withoutTemporary('S3', error);
}
