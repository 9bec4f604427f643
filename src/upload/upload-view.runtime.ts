import type { SignUrl } from './sign-url.runtime';
import type { VideoRow } from '../contract/table';
import type { UploadSettings } from '../contract/upload';
import { INCOMPLETE_UPLOAD_DAYS } from '../domain/upload-limits';
import { partCountOf } from '../domain/upload-parts';
import type { MultipartUploadPlan, SingleUploadPlan } from '../runtime/route-types';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Returns the signed PUT request with which a client uploads a whole file. S3 rejects the request if the object exists. */
export async function singleUpload({ key, contentType, size, checksum }: Omit<VideoRow['source'], 'bucket' | 'fileName'>, signUrl: SignUrl): Promise<SingleUploadPlan> {
  const headers = { 'content-type': contentType, 'if-none-match': '*', ...(checksum !== undefined && { 'x-amz-checksum-crc32': checksum }) };
  return { kind: 'single', method: 'PUT', ...await signUrl({ key, size, headers }) };
}

/**
 * Returns the plan of an upload in parts: the size of a part, the number of parts, and the time when the upload expires.
 *
 * @param storedAt the times at which S3 stored the known parts. If `storedAt` omits a part, `expiresAt` can be too early.
 */
export function multipartUpload(
  { source: { size }, multipart: { partSize }, createdAt }: Pick<VideoRow, 'source' | 'createdAt'> & Required<Pick<VideoRow, 'multipart'>>,
  { incompleteExpirySeconds }: Pick<UploadSettings, 'incompleteExpirySeconds'>, storedAt: readonly Date[] = [],
): MultipartUploadPlan {
  const created = Date.parse(createdAt);
  const last = Math.max(created, ...storedAt.map((time) => time.getTime()));
  const expiry = Math.min(last + incompleteExpirySeconds * 1000, created + INCOMPLETE_UPLOAD_DAYS * DAY_MS);
  return { kind: 'multipart', partSize, partCount: partCountOf(size, partSize), expiresAt: new Date(expiry).toISOString() };
}
