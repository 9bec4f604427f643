/** The settings of one rendition. */
export interface Rung {
  /**
   * The length of the short side of a 16:9 box, in pixels. The picture is scaled to fit into the box. The box has the orientation of the picture. The short
   * side of a portrait video is its width: with the height 720, the video is 720 pixels wide.
   */
  readonly height: number;
  /** The peak video bitrate in bits per second. */
  readonly maxBitrate: number;
}

export interface TranscodeSettings {
  readonly ladder: readonly Rung[];
  readonly segmentSeconds: number;
  readonly maxFrameRate: number;
  readonly maxDurationSeconds: number;
}

/** The detail type of job events (see "EventBridge events emitted by MediaConvert" in the MediaConvert User Guide). */
export const JOB_EVENT = 'MediaConvert Job State Change';

/** The MediaConvert job statuses that the service records. */
export const JOB_STATUSES = ['STATUS_UPDATE', 'COMPLETE', 'ERROR', 'CANCELED'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** A message of the submit queue that requests a MediaConvert job. All other messages of the queue are S3 events of new source files. */
export interface SubmitMessage {
  readonly videoId: string;
  readonly attempt: number;
}

/** The timeout of the function that submits jobs. */
export const SUBMIT_TIMEOUT_SECONDS = 60;

/**
 * The time after which a claim is stale: five times the timeout of the function that submits jobs. After this time, the invocation that stored the claim has
 * ended, and a search in MediaConvert finds the job that the invocation created.
 */
export const CLAIM_SECONDS = 5 * SUBMIT_TIMEOUT_SECONDS;

/**
 * The visibility timeout of the submit queue, which must be longer than `CLAIM_SECONDS`. The Lambda documentation recommends six times the timeout of the
 * function.
 */
export const SUBMIT_VISIBILITY_SECONDS = 6 * SUBMIT_TIMEOUT_SECONDS;
