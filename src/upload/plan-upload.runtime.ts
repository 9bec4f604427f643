import type { MultipartUploads } from './multipart-uploads.runtime';
import type { SignUrl } from './sign-url.runtime';
import { multipartUpload, singleUpload } from './upload-view.runtime';
import type { Roles } from '../contract/roles';
import type { VideoDetails, VideoRow } from '../contract/table';
import type { UploadSettings } from '../contract/upload';
import { sourceKey } from '../domain/object-keys';
import type { PublicationTimes } from '../domain/publication-times';
import { QuotaName, Quotas, startOfTomorrow } from '../domain/quotas';
import { readableBytes, readableDuration } from '../domain/readable';
import { refusalOf } from '../domain/upload-limits';
import { partSizeOf } from '../domain/upload-parts';
import { titleOf } from '../domain/user-data-limits';
import { decide, isAdmin } from '../roles/decide';
import { checkTags, checkUserData } from '../runtime/check-user-data';
import { checkedTimes } from '../runtime/edited-times';
import { HttpProblem } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations } from '../runtime/route-types';
import { QuotaExceeded } from '../runtime/rows/day-counter';
import type { NewVideo } from '../runtime/rows/upload-rows';
import type { VideoRepository } from '../runtime/rows/video-repository';
import { toVideo } from '../runtime/video-view';

export interface PlanUploadPorts {
  readonly videos: Pick<VideoRepository, 'create'>;
  readonly roles: Roles;
  readonly signUrl: SignUrl;
  readonly uploads: Pick<MultipartUploads, 'start' | 'abort'>;
  /** Returns a video id that is sortable by time and cannot be guessed. */
  readonly newId: () => Promise<string>;
  readonly settings: UploadSettings;
  readonly bucket: string;
  readonly clock: () => Date;
}

export function planUpload(
  { videos, roles, signUrl, uploads, newId, settings, bucket, clock }: PlanUploadPorts,
): Pick<Operations<'upload/manage-uploads'>, 'planUpload'> {
  return {
    async planUpload({ caller, body }): Promise<AnswerOf<'planUpload'>> {
      const decision = decide(caller, { type: 'upload' }, roles);
      if (decision !== 'allowed') throw refusal(decision);
      const { fileName, size, checksum, description, tags, visibility, metadata } = body;
      const title = body.title ?? titleOf(fileName);
      checkUserData({ fileName, title, description, tags, metadata });
      checkTags(tags);
      const times = checkedTimes(body, {}, clock()) as PublicationTimes;
      const contentType = body.contentType.toLowerCase();
      const misfit = refusalOf({ size, contentType }, settings);
      if (misfit === 'too_large') {
        throw new HttpProblem(misfit, `the file exceeds the maximum size of ${readableBytes(settings.maxSize)} by ${readableBytes(size - settings.maxSize)}`, [{ pointer: '/size', detail: 'is too large' }]);
      }
      if (misfit) throw new HttpProblem(misfit, `the content type ${contentType} is not allowed; allowed types: ${settings.contentTypes.join(', ')}`);

      const videoId = await newId();
      const key = sourceKey(videoId);
      const details = { description, metadata };
      // Admins have no quotas, but their uploads are counted.
      const quotas = isAdmin(caller, roles) ? undefined : settings.quotas;
      const video = {
        videoId,
        owner: caller.userId,
        title,
        tags: tags ?? [],
        visibility: visibility ?? settings.defaultVisibility,
        ...times,
        source: { bucket, key, fileName, contentType, size, checksum },
      };
      // The row is created last. If the URL cannot be signed or the multipart upload cannot be started, no row remains.
      const single = size > settings.multipartThreshold ? undefined : await singleUpload(video.source, signUrl);
      const { row, upload } = single ? { row: await create(video, details, quotas), upload: single } : await createMultipart(video, details, quotas);
      return { body: { video: toVideo(row, { caller, roles }, details), upload } };
    },
  };

  async function create(video: NewVideo, details: VideoDetails, quotas: Quotas | undefined): Promise<VideoRow> {
    try {
      return await videos.create(video, details, quotas);
    } catch (error) {
      if (error instanceof QuotaExceeded) throw limitReached(error.quota, settings, clock());
      throw error;
    }
  }

  async function createMultipart(video: NewVideo, details: VideoDetails, quotas: Quotas | undefined) {
    const { key, contentType, size } = video.source;
    const multipart = { id: await uploads.start({ key, contentType }), partSize: partSizeOf(size) };
    try {
      const row = await create({ ...video, multipart }, details, quotas);
      return { row, upload: multipartUpload({ ...row, multipart }, settings) };
    } catch (error) {
      // If the abort also fails, the bucket's lifecycle rule deletes the upload.
      await uploads.abort({ key, uploadId: multipart.id }).catch((again: unknown) => console.error({ message: 'upload not aborted', key, error: String(again) }));
      throw error;
    }
  }
}

function limitReached(quota: QuotaName, settings: UploadSettings, now: Date): HttpProblem {
  return new HttpProblem('limit_reached', LIMITS[quota](settings.quotas[quota], settings, now));
}

/** The `detail` of the error `limit_reached`, for each quota that an upload can exceed. */
const LIMITS: Readonly<Record<QuotaName, (limit: number, settings: UploadSettings, now: Date) => string>> = {
  openUploads: (limit, { incompleteExpirySeconds }) => `you have ${limit} open uploads, which is the limit. Complete or abort an upload. An upload expires after ${readableDuration(incompleteExpirySeconds)} without a new part. GET /streams?owner=me&status=waiting lists your open uploads`,
  videos: (limit) => `you have ${limit} videos, which is the limit. Abort an open upload, or ask an operator of the service to delete videos`,
  storedBytes: (limit) => `together with this file, your files would exceed the limit of ${readableBytes(limit)}. A file that is not uploaded completely counts with its whole size. Abort an open upload, or ask an operator of the service to delete videos`,
  uploadsPerDay: (limit, _, now) => `you have started ${limit} uploads and retries today, which is the limit. You can start the next upload at ${startOfTomorrow(now)}`,
};
