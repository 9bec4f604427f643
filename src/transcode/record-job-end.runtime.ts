import type { Rendition } from '../contract/table';
import type { JobStatus } from '../contract/transcode';
import { internal, jobError } from './job/job-errors';
import type { JobMetadata } from './job/job-metadata';
import { FOUND_TOO_LONG } from './source/duration-limit';
import { hlsKey } from '../domain/object-keys';
import type { Outcome } from '../runtime/rows/row-changes';
import type { TranscodeResult, VideoRepository } from '../runtime/rows/video-repository';

export interface JobEnd {
  readonly status: Exclude<JobStatus, 'STATUS_UPDATE'>;
  readonly errorCode?: number;
  readonly errorMessage?: string;
  /** The video outputs, followed by the audio output. */
  readonly outputs?: readonly JobOutput[];
  readonly poster?: string;
}

export interface JobOutput {
  readonly durationMs?: number;
  readonly video?: Pick<Rendition, 'width' | 'height'> & Partial<Pick<Rendition, 'bitsPerSecond'>>;
}

export function recordJobEnd(videos: VideoRepository, job: JobMetadata, end: JobEnd): Promise<Outcome> {
  const { videoId, attempt } = job;
  switch (end.status) {
    case 'COMPLETE': {
      const result = readResult(end, job);
      const { durationSeconds = 0 } = result;
      const { tooLongFrom = Infinity } = job;
      // If the video is too long, the keys of its media files are not recorded. The files stay in the bucket until the video is deleted.
      return durationSeconds < tooLongFrom ? videos.recordReady(videoId, attempt, result) : videos.recordError(videoId, attempt, FOUND_TOO_LONG);
    }
    case 'CANCELED': return videos.recordError(videoId, attempt, { code: 'transcode_failed', message: 'the transcode was canceled' });
    default: return videos.recordError(videoId, attempt, jobError(end.errorCode, end.errorMessage));
  }
}

export function recordJobGone(videos: VideoRepository, videoId: string, attempt: number): Promise<Outcome> {
  return videos.recordError(videoId, attempt, internal());
}

export function recordNeverSubmitted(videos: VideoRepository, videoId: string, attempt: number, staleBefore: Date): Promise<Outcome> {
  return videos.giveUp(videoId, attempt, internal(), staleBefore);
}

function readResult({ outputs = [], poster }: JobEnd, { videoId, attempt, source, maxBitrates }: JobMetadata): TranscodeResult {
  const milliseconds = Math.max(0, ...outputs.map(({ durationMs = 0 }) => durationMs));
  return {
    media: { hls: hlsKey(videoId, attempt), ...(poster !== undefined && { poster }) },
    renditions: outputs.flatMap(({ video }) => video ?? []).map(({ width, height, bitsPerSecond }, index): Rendition => ({
      codec: 'h264',
      width,
      height,
      // MediaConvert documents no average bitrate for a CMAF group, so the fallback is the maximum bitrate from the job's metadata.
      bitsPerSecond: bitsPerSecond ?? maxBitrates[index] ?? 0,
    })),
    ...(milliseconds > 0 && { durationSeconds: milliseconds / 1000 }),
    ...source,
  };
}
