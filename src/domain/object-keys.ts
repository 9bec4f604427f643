import { VIDEO_ID } from './video-id';

export const SOURCE_PREFIX = 'source/';
/** The prefix of media files in the media bucket and in the path of media URLs. */
export const MEDIA_PREFIX = 'v/';

const SOURCE_KEY = new RegExp(`^${SOURCE_PREFIX}(${VIDEO_ID})/original$`);

/** `source/{videoId}/original` */
export function sourceKey(videoId: string): string {
  return `${SOURCE_PREFIX}${videoId}/original`;
}

/** Returns the video id in the key of a source file; undefined for any other key. */
export function parseSourceKey(key: string): { videoId: string } | undefined {
  const videoId = SOURCE_KEY.exec(key)?.[1];
  return videoId === undefined ? undefined : { videoId };
}

/** `v/{videoId}/{attempt}/`. Each attempt has a separate prefix, because media files of an earlier attempt may be cached. */
export function attemptPrefix(videoId: string, attempt: number): string {
  return `${MEDIA_PREFIX}${videoId}/${attempt}/`;
}

/** `v/{videoId}/{attempt}/hls/index.m3u8` */
export function hlsKey(videoId: string, attempt: number): string {
  return `${attemptPrefix(videoId, attempt)}hls/index.m3u8`;
}

/** `v/{videoId}/{attempt}/poster/`. MediaConvert chooses the name of the image file. */
export function posterPrefix(videoId: string, attempt: number): string {
  return `${attemptPrefix(videoId, attempt)}poster/`;
}
