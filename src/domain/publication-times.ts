/**
 * The publication times of a video, in the format of `Date.toISOString`. Viewers can find and watch the video from `publishAt` until `unpublishAt`. At other
 * times, only the owner and admins can find and watch the video. An absent time is no limit.
 */
export interface PublicationTimes {
  readonly publishAt?: string;
  readonly unpublishAt?: string;
}

/** New values of the times. `null` removes a time, and an absent time stays as it is. */
export interface EditedTimes {
  readonly publishAt?: string | null;
  readonly unpublishAt?: string | null;
}

/** The JSON Schema pattern of a time in a request. */
export const TIME_PATTERN = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z$';

/** A time can be at most this number of years in the future. */
export const MAX_YEARS_AHEAD = 10;

/** Whether `now` is between the publication times of a video. */
export function isOpen({ publishAt, unpublishAt }: PublicationTimes, now: Date): boolean {
  const time = now.toISOString();
  return (publishAt === undefined || publishAt <= time) && (unpublishAt === undefined || unpublishAt > time);
}

/** Returns the first publication time after `now`. */
export function nextPublicationTime({ publishAt, unpublishAt }: PublicationTimes, now: Date): Date | undefined {
  const [next] = [publishAt, unpublishAt].filter((time) => time !== undefined && time > now.toISOString()).sort();
  return next === undefined ? undefined : new Date(next);
}

/** Converts a time that matches `TIME_PATTERN` to the format of `Date.toISOString`. Returns undefined if the calendar has no such time. */
export function parseTime(text: string): string | undefined {
  const date = new Date(text);
  // JavaScript reads 30 February as a day in March.
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === text.slice(0, 19) ? date.toISOString() : undefined;
}

export interface TimeProblem {
  readonly name: keyof PublicationTimes;
  readonly detail: string;
}

/** Returns the times of a video after an edit, or the reason why the edit is not allowed. */
export function applyTimes(stored: PublicationTimes, edited: EditedTimes, now: Date): { times: PublicationTimes } | { problem: TimeProblem } {
  const times: { publishAt?: string; unpublishAt?: string } = {};
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + MAX_YEARS_AHEAD);
  for (const name of ['publishAt', 'unpublishAt'] as const) {
    const given = edited[name];
    const time = given === undefined ? stored[name] : given === null ? undefined : parseTime(given);
    if (typeof given === 'string' && time === undefined) return { problem: { name, detail: 'is not a time of the calendar' } };
    if (typeof given === 'string' && time! > latest.toISOString()) return { problem: { name, detail: `is more than ${MAX_YEARS_AHEAD} years in the future` } };
    if (time !== undefined) times[name] = time;
  }
  const { publishAt, unpublishAt } = times;
  if (publishAt === undefined || unpublishAt === undefined || unpublishAt > publishAt) return { times };
  return edited.unpublishAt === undefined
    ? { problem: { name: 'publishAt', detail: `must be earlier than unpublishAt, which is ${unpublishAt}` } }
    : { problem: { name: 'unpublishAt', detail: `must be later than publishAt, which is ${publishAt}` } };
}
