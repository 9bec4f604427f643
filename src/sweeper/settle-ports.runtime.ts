import type { MediaConvertClient } from '@aws-sdk/client-mediaconvert';
import type { SourceLifecycleSettings, SourcePrefix, UploadExpiry } from '../contract/upload';
import type { VideoRepository } from '../runtime/rows/video-repository';
import type { SubmitQueue } from '../transcode/request-job.runtime';
import type { MultipartUploads } from '../upload/multipart-uploads.runtime';
import type { SourceObjects } from '../upload/source-objects.runtime';

export interface SettlePorts {
  readonly videos: VideoRepository;
  readonly clock: () => Date;
  /** @default - none: the sweeper does not change videos that wait for a MediaConvert job */
  readonly transcode?: SubmitQueue & { readonly mediaConvert: MediaConvertClient };
  /** @default - none: the sweeper does not change videos that wait for an upload */
  readonly upload?: { readonly uploads: MultipartUploads; readonly expiry: UploadExpiry };
  /** `prefixes`: the buckets and the key prefixes of objects that the sweeper can delete or archive. @default - sources are kept */
  readonly sources?: { readonly objects: SourceObjects; readonly action: SourceLifecycleSettings['action']; readonly prefixes: readonly SourcePrefix[] };
}

export interface Wait {
  readonly minutes: number;
  /** The new value of `resubmits` in the row, if the value changes. */
  readonly resubmits?: number;
}

/** The next due time of a video. `never` removes the due time. `settled` means that a status change has already set or removed the due time. */
export type NextLook = Wait | 'never' | 'settled';

export const LATER: Wait = { minutes: 60 };

/** Request timeout. The SDK has no default timeout, so a slow request for one video would delay all other videos. */
const CALL_MS = 10_000;

export function requestTimeout(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(CALL_MS) };
}
