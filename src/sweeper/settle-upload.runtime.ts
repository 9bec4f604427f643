import { LATER, NextLook, SettlePorts } from './settle-ports.runtime';
import type { VideoRow } from '../contract/table';
import { requestJob } from '../transcode/request-job.runtime';
import type { MultipartUploads, Upload } from '../upload/multipart-uploads.runtime';

/**
 * Ends an upload that received no part for a long time. If the source file is complete, but its event did not arrive, the function records the upload as
 * complete.
 *
 * If the upload has expired, the function first deletes the parts and then looks for the source file. After the deletion, no request can complete the source
 * file.
 */
export async function settleUpload(row: VideoRow, { videos, clock, upload, transcode }: SettlePorts): Promise<NextLook> {
  if (!upload) return LATER;
  const { uploads, expiry } = upload;
  const { videoId, source: { key } } = row;
  const now = clock().getTime();
  const last = await lastActivity(row, uploads, now - expiry.incompleteExpirySeconds * 1000);
  const parts = partsOf(row);
  if (last === 'expired' && parts) await uploads.abort(parts);
  const file = await uploads.findObject(key);
  if (file) {
    console.warn({ message: 'upload complete, but its event did not arrive', videoId, recorded: await videos.markUploaded(videoId, file.size) });
    if (transcode) await requestJob(transcode, { videoId, attempt: row.attempt });
    return 'settled';
  }
  if (last !== 'expired') return { minutes: (last.getTime() + expiry.incompleteExpirySeconds * 1000 - now) / 60_000 };
  const due = new Date(now + expiry.expiredRetentionSeconds * 1000);
  console.info({ message: 'upload expired', videoId, recorded: await videos.expireUpload(row, due) });
  return 'settled';
}

/** Returns the time of an activity after `expiredBefore`, or `expired` if there was none. The upload request and each stored part are activities. */
async function lastActivity(row: VideoRow, uploads: MultipartUploads, expiredBefore: number): Promise<Date | 'expired'> {
  const created = new Date(row.createdAt);
  if (created.getTime() > expiredBefore) return created;
  const upload = partsOf(row);
  let last = created;
  for (let after: number | undefined; upload;) {
    const page = await uploads.listParts(upload, after);
    for (const { storedAt } of page?.parts ?? []) if (storedAt > last) last = storedAt;
    if (page?.next === undefined) break;
    after = page.next;
  }
  return last.getTime() > expiredBefore ? last : 'expired';
}

/**
 * Removes a video whose upload expired or was aborted. Parts or the source file can still exist, because a request may have stored them after the upload ended.
 */
export async function removeUpload(row: VideoRow, { videos, upload }: SettlePorts): Promise<NextLook> {
  if (!upload) return LATER;
  const parts = partsOf(row);
  if (parts) await upload.uploads.abort(parts);
  await upload.uploads.deleteObject(row.source.key);
  console.info({ message: 'upload removed', videoId: row.videoId, recorded: await videos.removeUpload(row) });
  return 'settled';
}

function partsOf({ source: { key }, multipart }: VideoRow): Upload | undefined {
  return multipart && { key, uploadId: multipart.id };
}
