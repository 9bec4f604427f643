import { VIDEO_ID } from './video-id';

export const SOURCE_PREFIX = 'source/';
export const MEDIA_PREFIX = 'v/';
/** The prefix of objects that other pipelines put into the source bucket. */
export const INGEST_PREFIX = 'ingest/';

const SOURCE_KEY = new RegExp(`^${SOURCE_PREFIX}(${VIDEO_ID})/original$`);

/** `source/{videoId}/original` */
export function sourceKey(videoId: string): string {
  return `${SOURCE_PREFIX}${videoId}/original`;
}

export function parseSourceKey(key: string): { videoId: string } | undefined {
  const videoId = SOURCE_KEY.exec(key)?.[1];
  return videoId === undefined ? undefined : { videoId };
}

/** `v/{videoId}/{attempt}/`. Media files of an earlier attempt may be cached, so each attempt has a separate prefix. */
export function attemptPrefix(videoId: string, attempt: number): string {
  return `${MEDIA_PREFIX}${videoId}/${attempt}/`;
}

/** `v/{videoId}/{attempt}/hls/index.m3u8` */
export function hlsKey(videoId: string, attempt: number): string {
  return `${attemptPrefix(videoId, attempt)}hls/index.m3u8`;
}

/** A regular expression without anchors, for the key of a playlist. */
export const HLS_KEY = `${MEDIA_PREFIX}(${VIDEO_ID})/([1-9][0-9]{0,8})/hls/index\\.m3u8`;

const WHOLE_HLS_KEY = new RegExp(`^${HLS_KEY}$`);

export function parseHlsKey(key: string): { videoId: string; attempt: number } | undefined {
  const [, videoId, attempt] = WHOLE_HLS_KEY.exec(key) ?? [];
  return videoId === undefined ? undefined : { videoId, attempt: Number(attempt) };
}

/** `v/{videoId}/{attempt}/poster/`. MediaConvert chooses the rest of the key. */
export function posterPrefix(videoId: string, attempt: number): string {
  return `${attemptPrefix(videoId, attempt)}poster/`;
}
