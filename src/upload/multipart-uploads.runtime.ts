import type * as S3 from '@aws-sdk/client-s3';

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
  /** The last part number of the page, if there are further parts. */
  readonly next?: number;
}

/** A multipart upload in S3. */
export interface Upload {
  readonly key: string;
  readonly uploadId: string;
}

export interface WholeFile {
  /** Bytes. */
  readonly size: number;
  /** CRC32 in base64. */
  readonly checksum?: string;
}

/**
 * The result of `complete`. `gone`: S3 has no such upload. `parts_changed`: a part was stored again after it was listed. `exists`: the object was already
 * complete.
 */
export type Completion = 'completed' | 'exists' | 'gone' | 'parts_changed' | 'checksum_mismatch';

export interface MultipartUploads {
  /** Returns the id of a new upload. S3 requires a CRC32 for each part of the upload, and computes the CRC32 of the file. */
  start(object: { readonly key: string; readonly contentType: string }): Promise<string>;
  /** Lists stored parts after the part number `after`, at most 1,000. Returns undefined if S3 has no such upload. */
  listParts(upload: Upload, after?: number): Promise<PartsPage | undefined>;
  complete(upload: Upload, parts: readonly StoredPart[], file: WholeFile): Promise<Completion>;
  /** Deletes the upload and its parts. Does nothing if S3 has no such upload. */
  abort(upload: Upload): Promise<void>;
  /** Returns the size of a source file in bytes, or undefined if S3 has no such object. */
  storedSize(key: string): Promise<number | undefined>;
  /** Deletes a source file. Does nothing if S3 has no such object. */
  deleteObject(key: string): Promise<void>;
}

/** Requests to S3 end before API Gateway's timeout of 29 seconds, so that the client gets a response. S3 can take minutes to join parts. */
const CALL_MS = 20_000;

/** The S3 client is loaded at the first call, because an upload with one PUT request does not need it. */
export function multipartUploads(bucket: string, given?: Pick<S3.S3Client, 'send'>): MultipartUploads {
  let loaded: Promise<{ readonly s3: typeof S3; readonly client: Pick<S3.S3Client, 'send'> }> | undefined;
  const load = () => (loaded ??= import('@aws-sdk/client-s3').then((s3) => ({ s3, client: given ?? new s3.S3Client({}) })));
  const timeout = () => ({ abortSignal: AbortSignal.timeout(CALL_MS) });

  return {
    async start({ key, contentType }) {
      const { s3, client } = await load();
      const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({
        Bucket: bucket, Key: key, ContentType: contentType, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT',
      }), timeout());
      if (!UploadId) throw new Error('the response of S3 contains no upload id');
      return UploadId;
    },

    async listParts({ key, uploadId }, after) {
      const { s3, client } = await load();
      try {
        const { Parts = [], IsTruncated, NextPartNumberMarker } = await client.send(new s3.ListPartsCommand({
          Bucket: bucket, Key: key, UploadId: uploadId, ...(after !== undefined && { PartNumberMarker: String(after) }),
        }), timeout());
        return {
          parts: Parts.map(({ PartNumber, Size, ETag, ChecksumCRC32, LastModified }) => (
            { partNumber: PartNumber!, size: Size!, etag: ETag!, checksum: ChecksumCRC32!, storedAt: LastModified! })),
          ...(IsTruncated && { next: Number(NextPartNumberMarker) }),
        };
      } catch (error) {
        if (isNamed(error, 'NoSuchUpload')) return undefined;
        throw error;
      }
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
        }), timeout());
        return 'completed';
      } catch (error) {
        const outcome = OUTCOMES[(error as Error).name];
        if (!outcome) throw error;
        return outcome;
      }
    },

    async abort({ key, uploadId }) {
      const { s3, client } = await load();
      await client.send(new s3.AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }), timeout()).catch((error: unknown) => {
        if (!isNamed(error, 'NoSuchUpload')) throw error;
      });
    },

    async storedSize(key) {
      const { s3, client } = await load();
      try {
        const { ContentLength } = await client.send(new s3.HeadObjectCommand({ Bucket: bucket, Key: key }), timeout());
        return ContentLength;
      } catch (error) {
        // Without the permission `s3:ListBucket`, S3 returns 403 for a missing object (see "HeadObject" in the Amazon S3 API Reference).
        const { httpStatusCode } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
        if (httpStatusCode === 404 || httpStatusCode === 403) return undefined;
        throw error;
      }
    },

    async deleteObject(key) {
      const { s3, client } = await load();
      await client.send(new s3.DeleteObjectCommand({ Bucket: bucket, Key: key }), timeout());
    },
  };
}

/** S3's error codes of CompleteMultipartUpload (see "CompleteMultipartUpload" and "Error responses" in the Amazon S3 API Reference). */
const OUTCOMES: Readonly<Partial<Record<string, Completion>>> = {
  NoSuchUpload: 'gone',
  PreconditionFailed: 'exists',
  // S3 requires a new multipart upload after this error.
  ConditionalRequestConflict: 'gone',
  InvalidPart: 'parts_changed',
  BadDigest: 'checksum_mismatch',
};

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
