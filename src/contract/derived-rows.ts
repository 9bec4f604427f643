import { parseListedAt, publicationKey, Publication, VideoRow } from './table';
import { fold } from '../domain/fold';
import { isPresent } from '../domain/video-status';

/** The key of a derived row. A derived row consists only of its key, and lets the service find a video by a tag or by its title (docs/decisions/036). */
export interface DerivedKey {
  readonly pk: string;
  readonly sk: string;
}

/** A position in the list of an owner's videos by title. */
export interface TitlePosition {
  /** The folded title, cut to `FOLDED_BYTES`. */
  readonly title: string;
  readonly videoId: string;
}

/** The maximum size of a folded text in a key, in bytes. DynamoDB allows 2,048 bytes for a partition key, and 1,024 bytes for a sort key. */
export const FOLDED_BYTES = 256;

/** A tab sorts before every character of a folded text, so a title sorts before all longer titles that begin with the same text. */
const END_OF_TITLE = '\t';

/** Shortens a folded text to at most `FOLDED_BYTES` bytes, without splitting a character. */
export function cutFolded(folded: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of folded) {
    bytes += Buffer.byteLength(character);
    if (bytes > FOLDED_BYTES) break;
    end += character.length;
  }
  return folded.slice(0, end);
}

/** The prefixes of the partition keys of derived rows. Some permissions of handlers are limited to items with these prefixes. */
export const DERIVED_PARTITIONS = { tag: 'tag#', ownTag: 'owntag#', title: 'titles#' } as const;

/** User ids can contain `#`. Without the escapes, two different pairs of a user id and a tag could have the same partition key. */
function escaped(owner: string): string {
  return owner.replace(/[%#]/g, encodeURIComponent);
}

/** Returns the partition key of the public list of videos with a tag. The sort key is `{publishedAt}#{videoId}`. */
export function tagPartition(folded: string): string {
  return `${DERIVED_PARTITIONS.tag}${cutFolded(folded)}`;
}

/** Returns the partition key of the list of an owner's videos with a tag. The sort key is the id of the video. */
export function ownTagPartition(owner: string, folded: string): string {
  return `${DERIVED_PARTITIONS.ownTag}${escaped(owner)}#${cutFolded(folded)}`;
}

/** Returns the partition key of the list of an owner's videos by title. For the sort key, see `titleSort`. */
export function titlePartition(owner: string): string {
  return `${DERIVED_PARTITIONS.title}${escaped(owner)}`;
}

/** Returns the sort key of a video in `titlePartition`: the folded title, a tab and the id of the video. */
export function titleSort({ title, videoId }: TitlePosition): string {
  return `${title}${END_OF_TITLE}${videoId}`;
}

export function parseTitleSort(sk: string): TitlePosition {
  const end = sk.lastIndexOf(END_OF_TITLE);
  return { title: sk.slice(0, end), videoId: sk.slice(end + 1) };
}

export function tagSort(publication: Publication): string {
  return publicationKey(publication).listedAt;
}

export const parseTagSort = parseListedAt;

type Searched = Pick<VideoRow, 'videoId' | 'owner' | 'title' | 'tags' | 'status' | 'listedAt'>;

/**
 * Returns the keys of all derived rows of a video. A title or tag has no derived row if its folded text is empty.
 *
 * The keys depend only on the status and on attributes that an edit or a publication changes. The sweeper publishes and unpublishes ready videos without
 * incrementing `revision`. A write that changes the keys of a ready video therefore needs a condition on `version`. Other writes that change the keys need a
 * condition on `revision` or `version`.
 */
export function derivedKeys({ videoId, owner, title, tags, status, listedAt }: Searched): DerivedKey[] {
  if (!isPresent(status)) return [];
  const foldedTitle = cutFolded(fold(title));
  const foldedTags = new Set(tags.map((tag) => cutFolded(fold(tag))).filter((folded) => folded !== ''));
  return [
    ...(foldedTitle === '' ? [] : [{ pk: titlePartition(owner), sk: titleSort({ title: foldedTitle, videoId }) }]),
    ...Array.from(foldedTags, (folded) => ({ pk: ownTagPartition(owner, folded), sk: videoId })),
    // The list of ready videos and the public lists of tags contain the same videos, in the same order.
    ...(listedAt === undefined ? [] : Array.from(foldedTags, (folded) => ({ pk: tagPartition(folded), sk: listedAt }))),
  ];
}
