import { HttpProblem, invalid } from './http-problem';
import { tagProblem } from '../domain/fold';
import { readableBytes } from '../domain/readable';
import { blankField, MAX_USER_DATA_BYTES, oversizedField, UserTexts } from '../domain/user-data-limits';

/** Throws if two tags of a video are equal for a search, or if a tag is empty for a search. */
export function checkTags(tags: readonly string[] = []): void {
  const problem = tagProblem(tags);
  if (problem) throw invalid('/tags', problem);
}

/** Throws if a text field of a video is blank, or if all text fields together are too large. */
export function checkUserData(texts: UserTexts): void {
  const blank = blankField(texts);
  if (blank) throw invalid(`/${blank}`, 'is blank, or contains a blank entry');
  const oversized = oversizedField({ ...texts });
  if (!oversized) return;
  const { name, bytes, totalBytes } = oversized;
  const detail = `the text fields of the video are too large: ${readableBytes(totalBytes)} in UTF-8, at most ${readableBytes(MAX_USER_DATA_BYTES)} are allowed. Shorten ${name}`;
  throw new HttpProblem('too_large', detail, [{ pointer: `/${name}`, detail: `has ${readableBytes(bytes)}` }]);
}
