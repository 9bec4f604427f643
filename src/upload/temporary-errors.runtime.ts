import { isThrottlingError, isTransientError } from '@smithy/core/retry';
import { HttpProblem } from '../runtime/http-problem';

/**
 * Returns the problem `unavailable` for a temporary error: an abort, a timeout, throttling or a failure of the service. Returns any other error unchanged.
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
