import type { VideoRow } from '../contract/table';
import type { VideoErrorCode, VideoStatus } from '../domain/video-status';

/** `changed`, or `unchanged` when the write was late, repeated, out of order, or the video is gone. */
export type Outcome = 'changed' | 'unchanged';

/** What an upload is declared to be. */
export type NewVideo = Pick<VideoRow, 'videoId' | 'owner' | 'title' | 'description' | 'tags' | 'visibility' | 'metadata' | 'source'>;

/** What a finished transcode made. */
export type TranscodeResult = Required<Pick<VideoRow, 'media' | 'renditions'>> & Pick<VideoRow, 'durationSeconds' | 'width' | 'height'>;

export interface Page {
  readonly rows: VideoRow[];
  readonly cursor?: string;
}

/** The catalog's rows. Every write is conditional: duplicate, late and out-of-order events change nothing. */
export interface VideoRepository {
  create(video: NewVideo): Promise<VideoRow>;
  find(videoId: string): Promise<VideoRow | undefined>;
  /** The source has arrived: `waiting` -> `uploaded`, with the size that S3 has. */
  markUploaded(videoId: string, size: number): Promise<Outcome>;
  /**
   * Claims the attempt for one submitter. Answers the row with the claim that holds: the caller's own when its token is in it.
   * A claim without a job id that started before `staleBefore` is taken over. Undefined when the video is gone or past `uploaded`.
   */
  claim(videoId: string, attempt: number, token: string, staleBefore: Date): Promise<VideoRow | undefined>;
  /** `uploaded` -> `processing`, with the attempt's job. */
  recordJob(videoId: string, attempt: number, jobId: string): Promise<Outcome>;
  /** Percent; never backwards. */
  recordProgress(videoId: string, attempt: number, progress: number): Promise<Outcome>;
  /** -> `ready`; published and listed where its visibility says so. */
  recordReady(videoId: string, attempt: number, result: TranscodeResult): Promise<Outcome>;
  /** -> `errored` */
  recordError(videoId: string, attempt: number, error: { code: VideoErrorCode; message: string }): Promise<Outcome>;
  /** Listed and ready ones, newest first. */
  listPublished(page: { limit: number; cursor?: string }): Promise<Page>;
  /** An owner's own in every status, newest first. */
  listOwned(owner: string, page: { limit: number; cursor?: string; status?: VideoStatus }): Promise<Page>;
}
