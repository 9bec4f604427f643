import { invalid } from './http-problem';
import { applyTimes, EditedTimes, PublicationTimes } from '../domain/publication-times';

/**
 * Returns the given times in the format of the row. Throws if the times of the video would not be valid after the edit.
 *
 * @param stored the times of the video before the edit
 */
export function checkedTimes({ publishAt, unpublishAt }: EditedTimes, stored: PublicationTimes, now: Date): EditedTimes {
  const given = { ...(publishAt !== undefined && { publishAt }), ...(unpublishAt !== undefined && { unpublishAt }) };
  const result = applyTimes(stored, given, now);
  if ('problem' in result) throw invalid(`/${result.problem.name}`, result.problem.detail);
  const names = Object.keys(given) as (keyof EditedTimes)[];
  return Object.fromEntries(names.map((name) => [name, result.times[name] ?? null]));
}
