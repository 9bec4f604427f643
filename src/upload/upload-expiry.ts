import { Duration } from 'aws-cdk-lib';
import { INCOMPLETE_UPLOAD_DAYS, MAX_UPLOAD_EXPIRY_SECONDS } from '../domain/upload-limits';
import { durationProblem, keyProblem, objectProblem } from '../synth/prop-checks';

/** How long signed URLs and incomplete uploads are valid, and how long the video of an expired upload is kept. */
export interface UploadExpiryOptions {
  /**
   * How long a signed URL is valid, from 1 to 15 minutes.
   *
   * The PUT request must start before the URL expires, but can end later. Clients can get new URLs until the upload expires.
   *
   * @default Duration.minutes(15)
   */
  readonly signedUrl?: Duration;

  /**
   * The time after which an incomplete upload expires, counted from its last stored part. From 1 hour to less than 7 days.
   *
   * After 7 days, a lifecycle rule of the bucket deletes the parts of incomplete uploads. An imported bucket needs such a rule too, because S3 charges for the
   * parts of incomplete uploads until they are deleted.
   *
   * @default Duration.hours(24)
   */
  readonly incompleteUpload?: Duration;

  /**
   * The time between the expiry of an upload and the removal of its video, from 1 hour to 365 days. Until the removal, the video has the status `errored` with
   * the error code `upload_expired`.
   *
   * @default Duration.days(7)
   */
  readonly expiredVideo?: Duration;
}

export const UPLOAD_EXPIRY_OPTIONS: Record<keyof UploadExpiryOptions, true> = { signedUrl: true, incompleteUpload: true, expiredVideo: true };

export function expiryOf(expiry: UploadExpiryOptions | undefined): Required<UploadExpiryOptions> {
  return {
    signedUrl: expiry?.signedUrl ?? Duration.seconds(MAX_UPLOAD_EXPIRY_SECONDS),
    incompleteUpload: expiry?.incompleteUpload ?? Duration.hours(24),
    expiredVideo: expiry?.expiredVideo ?? Duration.days(7),
  };
}

export function expiryProblems(expiry: UploadExpiryOptions | undefined): (string | undefined)[] {
  const wrong = objectProblem('expiry', expiry, 'an UploadExpiryOptions');
  if (wrong) return [wrong];
  return [
    keyProblem<UploadExpiryOptions>('expiry', expiry, UPLOAD_EXPIRY_OPTIONS),
    durationProblem('expiry.signedUrl', expiry?.signedUrl, Duration.minutes(1), Duration.seconds(MAX_UPLOAD_EXPIRY_SECONDS)),
    durationProblem('expiry.incompleteUpload', expiry?.incompleteUpload, Duration.hours(1), Duration.hours(INCOMPLETE_UPLOAD_DAYS * 24 - 1)),
    durationProblem('expiry.expiredVideo', expiry?.expiredVideo, Duration.hours(1), Duration.days(365)),
  ];
}
