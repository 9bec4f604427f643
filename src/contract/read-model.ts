import { readDetails as detailsOf, readRow } from './read-row';
import { VideoDetails, VideoRow } from './table';

export { NewerFormat } from './read-row';
export { detailsKey, videoKey } from './table';

/** An item of the table, as the document client of the AWS SDK returns it. */
export type Item = Readonly<Record<string, any>>;

type SourceFile = Pick<VideoRow['source'], 'bucket' | 'key' | 'fileName' | 'contentType' | 'size'>;

/** The fields of a row that keep their meaning in later versions. See docs/read-model.md. */
const FIELDS = [
  'videoId', 'owner', 'title', 'tags', 'visibility', 'status', 'progress', 'attempt', 'version', 'createdAt', 'updatedAt', 'publishedAt', 'publishAt', 'unpublishAt',
  'durationSeconds', 'width', 'height', 'renditions', 'error', 'media',
] as const satisfies (keyof VideoRow)[];

/** The stable view of a video. */
export type VideoView = Omit<Pick<VideoRow, (typeof FIELDS)[number]>, 'status'> & {
  readonly status: Exclude<VideoRow['status'], 'deleting'>;
  readonly source: SourceFile;
};

/**
 * Converts the item with the key `videoKey(videoId)` to the stable view of the video.
 *
 * Returns undefined if the video does not exist, or is being deleted. Throws NewerFormat if a newer version of the library wrote the item.
 */
export function readVideo(item: Item | undefined): VideoView | undefined {
  if (!item) return undefined;
  const row = readRow(item);
  const { status } = row;
  if (status === 'deleting') return undefined;
  const { bucket, key, fileName, contentType, size } = row.source;
  return {
    ...Object.fromEntries(FIELDS.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])) as Pick<VideoRow, (typeof FIELDS)[number]>,
    status,
    source: { bucket, key, fileName, contentType, size },
  };
}

/**
 * Returns the long texts of a video from the item with the key `detailsKey(videoId)`. A video without long texts has no such item. The parameter `video` is the
 * item with the key `videoKey(videoId)`, because in the oldest format this item contains the texts.
 */
export function readDetails(details: Item | undefined, video: Item | undefined): VideoDetails {
  const item = details ?? video;
  return item ? detailsOf(item) : {};
}
