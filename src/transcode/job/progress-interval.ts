/** The intervals that MediaConvert offers, in seconds (API Reference, `StatusUpdateInterval`). */
const INTERVALS = [10, 12, 15, 20, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600] as const;

/** Enough to show that a job goes on. Each event costs a call of a function and a write. */
const EVENTS_PER_JOB = 10;

/** MediaConvert's own default, for sources of an unknown duration. */
const DEFAULT_SECONDS = 60;

/**
 * How often MediaConvert reports a job's progress, as it writes it. A job takes about as long as its source lasts, so this is about ten times a job:
 * less often for sources under 100 seconds, more often for those over 100 minutes.
 */
export function progressInterval(durationSeconds = DEFAULT_SECONDS * EVENTS_PER_JOB): `SECONDS_${(typeof INTERVALS)[number]}` {
  return `SECONDS_${INTERVALS.find((seconds) => seconds >= durationSeconds / EVENTS_PER_JOB) ?? 600}`;
}
