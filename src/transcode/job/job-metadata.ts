import type { Rendering } from './ladder';
import { isVideoId } from '../../domain/video-id';
import type { DurationLimit } from '../source/duration-limit';
import type { Picture } from '../source/source';

/**
 * What a job carries so that its events, and a search for it, tell whose it is: MediaConvert's user metadata, letters, digits and
 * hyphens only. What a job's event lacks of its renditions rides along.
 */
export interface JobMetadata {
  readonly videoId: string;
  readonly attempt: number;
  /** The source, as displayed. */
  readonly source?: Picture;
  /** See DurationLimit. */
  readonly tooLongFrom?: number;
  /** Most bits per second of each rendition, largest first. */
  readonly maxBitrates: readonly number[];
}

/** The user metadata of an attempt's job. */
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

/** Whose job it is; undefined for jobs that are not ours. */
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
