import type { VideoError } from '../../domain/video-status';

/**
 * What MediaConvert's job error codes mean for a video (User Guide, "Error codes"). All others, known or not, are neither the file's fault for sure
 * nor ours: `transcode_failed`.
 */
const JOB_ERRORS: Readonly<Record<number, VideoError>> = {
  1010: { code: 'corrupt', message: 'the file could not be opened as a video' },
  1020: { code: 'not_a_video', message: 'the file has no picture' },
  1030: { code: 'unsupported_codec', message: 'the codec or the container of the file is not supported' },
  1075: { code: 'corrupt', message: 'the file could not be taken apart into its tracks' },
  1076: { code: 'corrupt', message: 'the file ends too early, or could not be read to its end' },
  1092: { code: 'corrupt', message: 'the sound of the file could not be decoded' },
  // S3 or KMS refuses the job's role (1401), source or bucket is gone (1404), the role can't be used (1432 to 1434, 1515), S3 takes no output (1517),
  // the job took longer than MediaConvert allows (1522), the account's input policy (3457).
  ...Object.fromEntries([1401, 1404, 1432, 1433, 1434, 1515, 1517, 1522, 3457].map((code) => [code, internal()])),
};

/**
 * What an error of a request to MediaConvert means, by its name: `source` is the file's fault, and `request` too, unless its message is about access.
 * All others are ours or may pass, and are worth trying again: Forbidden and AccessDenied, NotFound (what a probe of a missing object answers), Conflict,
 * ServiceQuotaExceeded, TooManyRequests, InternalServerError, credentials, the network, and whatever comes later.
 */
const REQUEST_ERRORS: Readonly<Record<string, 'source' | 'request'>> = {
  // "The input file was recognized but appears to be malformed or corrupt" (API Reference, Probe).
  UnprocessableEntityException: 'source',
  // "A problem in the request." Also the answer to what an input policy disallows (User Guide, "How to allow or disallow input location types").
  BadRequestException: 'request',
};

/** MediaConvert's words for what it may not read, assume or use. Its general codes carry them too. */
const ACCESS = /denied|forbidden|authoriz|permission|\brole\b|\bkms\b|policy|failed to (read data|download)|throttl|timed out/i;

/** A failure that is not the file's, and is nothing that its uploader could mend. */
export function internal(): VideoError {
  return { code: 'internal', message: 'something went wrong on our side; the file is not the reason' };
}

/** What a failed job means for its video. MediaConvert's own message names buckets and keys: it belongs in the log, not in the catalog. */
export function jobError(errorCode: number | undefined, errorMessage = ''): VideoError {
  if (errorCode === 1010 && ACCESS.test(errorMessage)) return internal();
  return JOB_ERRORS[errorCode ?? 0] ?? {
    code: 'transcode_failed', message: errorCode === undefined ? 'the transcode failed' : `the transcode failed (MediaConvert error ${errorCode})`,
  };
}

/** Whether a request that MediaConvert refused would be refused again: because of the file, or of what was made from it. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof Error) || !Object.hasOwn(REQUEST_ERRORS, error.name)) return false;
  return REQUEST_ERRORS[error.name] === 'source' || !ACCESS.test(error.message);
}
