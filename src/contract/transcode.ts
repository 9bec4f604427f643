/** One step of a ladder: the box that its picture must fit, and the most it may take. */
export interface Rung {
  /**
   * Short side of a 16:9 box, in pixels. A picture is scaled to fit the box, upright or lying as the picture is; so a phone's portrait
   * video at 720 is 720 wide.
   */
  readonly height: number;
  /** Peak bits per second of its video. */
  readonly maxBitrate: number;
}

/** What TRANSCODE_SETTINGS carries: the construct decides, the submitter follows. */
export interface TranscodeSettings {
  readonly ladder: readonly Rung[];
  readonly segmentSeconds: number;
  readonly maxFrameRate: number;
  readonly maxDurationSeconds: number;
}

/** The detail type of a job's events ("EventBridge events emitted by MediaConvert", MediaConvert User Guide). */
export const JOB_EVENT = 'MediaConvert Job State Change';

/** The statuses of jobs whose events are recorded. */
export const JOB_STATUSES = ['STATUS_UPDATE', 'COMPLETE', 'ERROR', 'CANCELED'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** A message of the submit queue besides S3's events: a job is wanted for this attempt, without a new source. */
export interface SubmitMessage {
  readonly videoId: string;
  readonly attempt: number;
}

/** How long the submitter may run, in seconds. */
export const SUBMIT_TIMEOUT_SECONDS = 60;

/**
 * How long a claim holds, in seconds: five times as long as the submitter may run, so that an older one has no living holder. It is also long enough for
 * a job that somebody created to be found by a search.
 */
export const CLAIM_SECONDS = 5 * SUBMIT_TIMEOUT_SECONDS;

/** How long a message of the submit queue stays hidden, in seconds: six times the timeout, as Lambda advises, and longer than a claim holds. */
export const SUBMIT_VISIBILITY_SECONDS = 6 * SUBMIT_TIMEOUT_SECONDS;
