import type { VideoError } from '../../domain/video-status';

/**
 * The video's error for a job error code of MediaConvert (User Guide, "Error codes"). All other codes become `transcode_failed`, because these codes
 * do not show whether the file or the service caused the error.
 */
const JOB_ERRORS: Readonly<Record<number, VideoError>> = {
  1010: { code: 'corrupt', message: 'the file could not be opened as a video' },
  1020: { code: 'not_a_video', message: 'the file has no video track' },
  1030: { code: 'unsupported_codec', message: 'the codec or the container of the file is not supported' },
  1075: { code: 'corrupt', message: 'the tracks of the file could not be read' },
  1076: { code: 'corrupt', message: 'the file is incomplete, or could not be read to its end' },
  1092: { code: 'corrupt', message: 'the audio of the file could not be decoded' },
  // 1401: S3 or KMS denies a request of the job's role. 1404: the source or the bucket no longer exists. 1432 to 1434, 1515: the role can't be used.
  // 1517: S3 rejects the output. 1522: the job took longer than MediaConvert allows. 3457: the account's input policy rejects the source.
  ...Object.fromEntries([1401, 1404, 1432, 1433, 1434, 1515, 1517, 1522, 3457].map((code) => [code, internal()])),
};

/**
 * `source`: the file caused the error. `request`: if the error message matches `ACCESS`, the request is retried. If the message does not match, the file caused
 * the error.
 *
 * Errors that are not in this map are retried, because such an error is temporary, or the file did not cause it. For example, MediaConvert responds with
 * NotFound to a probe of a missing object.
 */
const REQUEST_ERRORS: Readonly<Record<string, 'source' | 'request'>> = {
  // "The input file was recognized but appears to be malformed or corrupt" (API Reference, Probe).
  UnprocessableEntityException: 'source',
  // MediaConvert also returns BadRequestException for an input that an input policy disallows (User Guide, "How to allow or disallow input location types").
  BadRequestException: 'request',
};

/**
 * Matches messages about errors that the file did not cause, such as missing permissions. The error code is not enough, because errors that the file caused can
 * have the same code.
 */
const ACCESS = /denied|forbidden|authoriz|permission|\brole\b|\bkms\b|policy|failed to (read data|download)|throttl|timed out/i;

export function internal(): VideoError {
  return { code: 'internal', message: 'the service had an internal error; the file did not cause it' };
}

/** The message of MediaConvert contains names of buckets and keys, so the message is not stored in the catalog. */
export function jobError(errorCode: number | undefined, errorMessage = ''): VideoError {
  if (errorCode === 1010 && ACCESS.test(errorMessage)) return internal();
  return JOB_ERRORS[errorCode ?? 0] ?? {
    code: 'transcode_failed', message: errorCode === undefined ? 'the transcode failed' : `the transcode failed (MediaConvert error ${errorCode})`,
  };
}

/** Returns true if the file caused the error, so that a retry would fail again. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof Error) || !Object.hasOwn(REQUEST_ERRORS, error.name)) return false;
  return REQUEST_ERRORS[error.name] === 'source' || !ACCESS.test(error.message);
}
