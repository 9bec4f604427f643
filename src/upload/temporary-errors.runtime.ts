import { isThrottlingError, isTransientError } from '@smithy/core/retry';
import { HttpProblem } from '../runtime/http-problem';

/**
 * Converts an error of an AWS service. If the request was aborted, timed out or throttled, or the service failed, a later request can succeed, so the caller
 * receives `unavailable`. Any other error is returned unchanged.
 */
export function withoutTemporary(service: 'S3' | 'STS', error: unknown): unknown {
  if (!isSdkError(error)) return error;
  const isTemporary = error.name === 'AbortError' || isTransientError(error) || isThrottlingError(error);
  if (!isTemporary) return error;
  console.warn({ message: 'service not available', service, error: `${error.name}: ${error.message}` });
  return new HttpProblem('unavailable', `${service} did not respond in time or is overloaded. Repeat the request in a few seconds`);
}

function isSdkError(error: unknown): error is Parameters<typeof isTransientError>[0] {
  return error instanceof Error;
}
