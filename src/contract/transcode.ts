/** A rung of a ladder. */
export interface Rung {
  /**
   * The short side of a 16:9 box in pixels. The picture is scaled to fit the box, which has the orientation of the picture: a portrait video at 720 is 720
   * pixels wide.
   */
  readonly height: number;
  /** The peak video bitrate in bits per second. */
  readonly maxBitrate: number;
}

/** The value of TRANSCODE_SETTINGS. */
export interface TranscodeSettings {
  readonly ladder: readonly Rung[];
  readonly segmentSeconds: number;
  readonly maxFrameRate: number;
  readonly maxDurationSeconds: number;
}

/** The detail type of job events ("EventBridge events emitted by MediaConvert", MediaConvert User Guide). */
export const JOB_EVENT = 'MediaConvert Job State Change';

/** The job statuses whose events are recorded. */
export const JOB_STATUSES = ['STATUS_UPDATE', 'COMPLETE', 'ERROR', 'CANCELED'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** A message of the submit queue that requests a job for an attempt, without a new source. Other messages are S3 events. */
export interface SubmitMessage {
  readonly videoId: string;
  readonly attempt: number;
}

/** The timeout of the function that submits jobs. */
export const SUBMIT_TIMEOUT_SECONDS = 60;

/**
 * The time after which a claim is stale. It is five times the timeout of the submitting function, so that the owner of a stale claim no longer runs. By then,
 * a search also finds a job that the owner created.
 */
export const CLAIM_SECONDS = 5 * SUBMIT_TIMEOUT_SECONDS;

/** The visibility timeout of the submit queue: six times the function's timeout, as the Lambda documentation recommends, and longer than `CLAIM_SECONDS`. */
export const SUBMIT_VISIBILITY_SECONDS = 6 * SUBMIT_TIMEOUT_SECONDS;
