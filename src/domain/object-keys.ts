import { VIDEO_ID } from './video-id';

/** Layout of the two buckets. Build and parse stand side by side; everything that names a key or a prefix uses these. */

/** Everything that people upload lies below this prefix of the source bucket. */
export const SOURCE_PREFIX = 'source/';
/** Everything that CloudFront serves as media lies below this prefix of the media bucket, and of the address. */
export const MEDIA_PREFIX = 'v/';

const SOURCE_KEY = new RegExp(`^${SOURCE_PREFIX}(${VIDEO_ID})/original$`);

/** `source/{videoId}/original` */
export function sourceKey(videoId: string): string {
  return `${SOURCE_PREFIX}${videoId}/original`;
}

/** The video that a source key belongs to; undefined for keys of another form. */
export function parseSourceKey(key: string): { videoId: string } | undefined {
  const videoId = SOURCE_KEY.exec(key)?.[1];
  return videoId === undefined ? undefined : { videoId };
}

/** `v/{videoId}/{attempt}/`: what one attempt made, never mixed with an older, perhaps still cached one. */
export function attemptPrefix(videoId: string, attempt: number): string {
  return `${MEDIA_PREFIX}${videoId}/${attempt}/`;
}

/** `v/{videoId}/{attempt}/hls/index.m3u8` */
export function hlsKey(videoId: string, attempt: number): string {
  return `${attemptPrefix(videoId, attempt)}hls/index.m3u8`;
}

/** `v/{videoId}/{attempt}/poster/`; MediaConvert chooses the names below it. */
export function posterPrefix(videoId: string, attempt: number): string {
  return `${attemptPrefix(videoId, attempt)}poster/`;
}
