import type { VideoRow } from '../contract/table';
import { HttpProblem, invalid } from '../runtime/http-problem';

/** The ETag names the texts and the visibility of a video, not its status. It contains the id, so that the ETag of another video never matches. */
export function etagOf({ videoId, revision }: Pick<VideoRow, 'videoId' | 'revision'>): string {
  return `"${videoId}.${revision}"`;
}

/** The characters of an entity tag (RFC 9110, section 8.8.3). */
const STRONG_ETAG = /^"[!#-~\u0080-\u00ff]*"$/;

/** Throws if the header is not one strong ETag. `*` and lists are rejected, because they would allow a client to overwrite an edit that it has not read. */
export function requireEtag(ifMatch: string | undefined): string {
  if (ifMatch === undefined) throw new HttpProblem('if_match_required', 'send the ETag of GET /streams/{videoId} in the header If-Match');
  if (!STRONG_ETAG.test(ifMatch)) throw invalid('if-match', 'must be one ETag, as GET /streams/{videoId} returns it: a text in double quotes');
  return ifMatch;
}
