import { createReadStream, openSync } from 'fs';
import type { Body } from './content';
import { copySourceOf, type CopySource } from './copy-source';
import { metadataOf } from './metadata';
import { type Handler, partNumberOf } from './request';
import { type ObjectMeta, requireMatch, type Store } from './store';
import type { createUploads } from './uploads';
import type { Access } from '../access/access';
import { AwsError, type AwsRequest } from '../types';
import { xml } from '../xml';

const MAX_COPY_BYTES = 5 * 1024 ** 3;

interface Range { readonly start: number; readonly end: number }

/**
 * Creates the handlers of the operations that copy an object.
 *
 * @param missing - throws the error for a missing object
 */
export function createCopy({ store, uploads, access, missing }: {
  store: Store; uploads: ReturnType<typeof createUploads>; access: Pick<Access, 'require'>; missing: (request: AwsRequest, bucket: string) => Promise<never>;
}) {
  async function sourceMeta(request: AwsRequest, { bucket, key }: CopySource): Promise<ObjectMeta> {
    const meta = store.get(bucket, key) ?? await missing(request, bucket);
    const condition = request.headers['x-amz-copy-source-if-match'];
    if (condition !== undefined) requireMatch(meta, condition);
    // The Amazon S3 API Reference names this error for CopyObject. For UploadPartCopy, it names no error for an archived source, so the local S3 returns the
    // error of CopyObject.
    if (meta.storageClass) throw new AwsError('ObjectNotInActiveTierError', 'The source object of the COPY operation is not in the active tier.', 403);
    return meta;
  }

  return {
    async CopyObject(request, response, bucket, key) {
      const source = copySourceOf(request.headers);
      const replacesMetadata = replaces(request, 'x-amz-metadata-directive');
      const replacesTags = replaces(request, 'x-amz-tagging-directive');
      if (source.bucket === bucket && source.key === key && !replacesMetadata) {
        throw new AwsError('InvalidRequest', "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, "
          + 'storage class, website redirect location or encryption attributes.');
      }
      const requested = metadataOf(request);
      // To copy tags, the caller needs two more permissions (see "CopyObject" in the Amazon S3 API Reference).
      if (!replacesTags && store.get(source.bucket, source.key)?.tags) {
        await access.require(request.principal, [
          { action: 's3:GetObjectTagging', resource: source.arn }, { action: 's3:PutObjectTagging', resource: `arn:aws:s3:::${bucket}/${key}` },
        ]);
      }
      const from = await sourceMeta(request, source);
      const { contentType, headers } = replacesMetadata ? requested : from;
      const { tags } = replacesTags ? requested : from;
      // S3 gives the copy a checksum of the whole object, so the local S3 does not copy a composite checksum (with `-`).
      const checksum = from.checksum?.includes('-') ? undefined : from.checksum;
      const { etag, lastModified } = await withContent(from, undefined, (body) => (
        store.put(bucket, key, body, { contentType, headers, tags, reason: 'CopyObject', checksum: () => checksum })));
      response.setHeader('content-type', 'application/xml').end(xml('CopyObjectResult', {
        ETag: etag, LastModified: lastModified.toISOString(), ChecksumCRC32: checksum, ...checksum && { ChecksumType: 'FULL_OBJECT' },
      }));
    },

    async UploadPartCopy(request, response, bucket, key) {
      const partNumber = partNumberOf(request);
      const upload = uploads.find(bucket, key, request.query.get('uploadId')!);
      const from = await sourceMeta(request, copySourceOf(request.headers));
      const range = copyRangeOf(request.headers['x-amz-copy-source-range'], from.size);
      const { etag, crc32, storedAt } = await withContent(from, range, (body) => uploads.putPart(upload, partNumber, body));
      response.setHeader('content-type', 'application/xml').end(xml('CopyPartResult', {
        ETag: etag, LastModified: storedAt, ...upload.checksumType && { ChecksumCRC32: crc32 },
      }));
    },
  } satisfies Record<string, Handler>;
}

function replaces({ headers }: AwsRequest, name: 'x-amz-metadata-directive' | 'x-amz-tagging-directive'): boolean {
  const { [name]: directive = 'COPY' } = headers;
  if (directive !== 'COPY' && directive !== 'REPLACE') throw new AwsError('InvalidArgument', `Unknown ${name === 'x-amz-tagging-directive' ? 'tagging' : 'metadata'} directive.`);
  return directive === 'REPLACE';
}

function copyRangeOf(header: string | undefined, size: number): Range | undefined {
  if (header === undefined) return undefined;
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  if (!end || Number(start) > Number(end)) {
    throw new AwsError('InvalidArgument', 'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first '
      + 'and last bytes to copy');
  }
  if (Number(end) >= size) throw new AwsError('InvalidArgument', `Range specified is not valid for source object of size: ${size}`);
  return { start: Number(start), end: Number(end) };
}

/** Opens the file of the source before the first `await`, because a concurrent put or deletion can remove the file. */
async function withContent<Result>({ path, size }: ObjectMeta, range: Range | undefined, use: (body: Body) => Promise<Result>): Promise<Result> {
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (end - start >= MAX_COPY_BYTES) {
    throw new AwsError('InvalidRequest', `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_COPY_BYTES}`);
  }
  if (size === 0) return use(Buffer.alloc(0));
  const content = createReadStream('', { fd: openSync(path, 'r'), start, end });
  try {
    return await use(content);
  } finally {
    content.destroy();
  }
}
