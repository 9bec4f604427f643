import type { Rendering } from './ladder';
import { isVideoId } from '../../domain/video-id';
import type { DurationLimit } from '../source/duration-limit';
import type { Picture } from '../source/source';

/**
 * The user metadata of a MediaConvert job identifies the video in job events and in search results. The metadata also contains facts about the source and the
 * renditions, because job events do not contain these facts. Values consist of letters, digits and hyphens only.
 */
export interface JobMetadata {
  readonly videoId: string;
  readonly attempt: number;
  readonly source?: Picture;
  readonly tooLongFrom?: number;
  /** In bits per second, largest rendition first. */
  readonly maxBitrates: readonly number[];
}

export function jobMetadata(
  videoId: string, attempt: number, source: Picture, renderings: readonly Rendering[], { tooLongFrom }: DurationLimit,
): Record<string, string> {
  return {
    videoId,
    attempt: `${attempt}`,
    width: `${source.width}`,
    height: `${source.height}`,
    tooLongFrom: `${tooLongFrom}`,
    maxBitrates: renderings.map(({ maxBitrate }) => maxBitrate).join('-'),
  };
}

/** Returns undefined if this service did not create the job. */
export function parseJobMetadata(metadata: Readonly<Record<string, string>> | undefined): JobMetadata | undefined {
  const { videoId = '', attempt, width, height, tooLongFrom, maxBitrates = '' } = metadata ?? {};
  const number = count(attempt);
  if (!isVideoId(videoId) || number === undefined) return undefined;
  const [w, h, limit] = [count(width), count(height), count(tooLongFrom)];
  return {
    videoId,
    attempt: number,
    ...(w !== undefined && h !== undefined && { source: { width: w, height: h } }),
    ...(limit !== undefined && { tooLongFrom: limit }),
    maxBitrates: maxBitrates.split('-').flatMap((one) => count(one) ?? []),
  };
}

function count(value: string | undefined): number | undefined {
  return value !== undefined && /^[1-9]\d{0,9}$/.test(value) ? Number(value) : undefined;
}
