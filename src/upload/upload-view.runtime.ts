import type { SignUrl } from './sign-url.runtime';
import type { VideoRow } from '../contract/table';
import type { UploadSettings } from '../contract/upload';
import { partCountOf } from '../domain/upload-parts';
import type { MultipartUploadPlan, SingleUploadPlan } from '../runtime/route-types';

/** Returns the signed PUT request with which a client uploads a whole file. S3 rejects the request if the object exists. */
export async function singleUpload({ key, contentType, size, checksum }: Omit<VideoRow['source'], 'bucket' | 'fileName'>, signUrl: SignUrl): Promise<SingleUploadPlan> {
  const headers = { 'content-type': contentType, 'if-none-match': '*', ...(checksum !== undefined && { 'x-amz-checksum-crc32': checksum }) };
  return { kind: 'single', method: 'PUT', ...await signUrl({ key, size, headers }) };
}

/**
 * Returns the sizes of the parts in which a client uploads a file.
 *
 * @param storedAt the times at which the known parts were stored
 */
export function multipartUpload(
  { source: { size }, upload: { partSize }, createdAt }: Pick<VideoRow, 'source' | 'createdAt'> & Required<Pick<VideoRow, 'upload'>>, { incompleteExpirySeconds }: UploadSettings,
  storedAt: readonly Date[] = [],
): MultipartUploadPlan {
  const last = Math.max(Date.parse(createdAt), ...storedAt.map((time) => time.getTime()));
  return { kind: 'multipart', partSize, partCount: partCountOf(size, partSize), expiresAt: new Date(last + incompleteExpirySeconds * 1000).toISOString() };
}
