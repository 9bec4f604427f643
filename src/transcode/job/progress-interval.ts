/** The intervals that MediaConvert offers, in seconds (API Reference, `StatusUpdateInterval`). */
const INTERVALS = [10, 12, 15, 20, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600] as const;

/** The approximate number of progress events of a job. Each event costs one function invocation and one write. */
const EVENTS_PER_JOB = 10;

/** MediaConvert's default interval, for sources of unknown duration. */
const DEFAULT_SECONDS = 60;

/**
 * The interval is about a tenth of the source's duration. A job takes about as long as its source lasts, so most jobs report their progress about ten times.
 */
export function progressInterval(durationSeconds = DEFAULT_SECONDS * EVENTS_PER_JOB): `SECONDS_${(typeof INTERVALS)[number]}` {
  return `SECONDS_${INTERVALS.find((seconds) => seconds >= durationSeconds / EVENTS_PER_JOB) ?? 600}`;
}
