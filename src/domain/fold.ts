const ACCENTS = /[\u0300-\u036f]/gu;
const INVISIBLE = /(?!\p{White_Space})[\p{Default_Ignorable_Code_Point}\p{Control}]/gu;
/** U+2800 is the blank Braille pattern. */
const SPACES = /[\p{White_Space}\u2800]+/gu;

/**
 * Returns the text by which the service compares tags and titles: without differences of case, accents, width, invisible characters and white space.
 *
 * Two texts are equal for a search if their folded texts are equal. The folded text contains no control characters.
 */
export function fold(text: string): string {
  const plain = withoutAccents(text.replace(INVISIBLE, '').normalize('NFKD'));
  // The first step converts the capital sharp s (U+1E9E), whose upper case is not `SS`. The upper case of the sharp s is `SS`.
  const lower = plain.toLowerCase().toUpperCase().toLowerCase();
  // JavaScript converts a capital sigma at the end of a word to a final sigma. A prefix can end in the middle of a word.
  return withoutAccents(lower.replace(/ς/gu, 'σ').normalize('NFKD')).normalize('NFKC').replace(INVISIBLE, '').replace(SPACES, ' ').trim();
}

/** Other combining marks remain, because they are letters in some scripts, such as the vowel signs of Devanagari. */
function withoutAccents(text: string): string {
  return text.replace(ACCENTS, '');
}

/** Returns the reason why a search could not tell the tags of a video apart, or could not find one of the tags. */
export function tagProblem(tags: readonly string[]): string | undefined {
  const seen = new Map<string, string>();
  for (const tag of tags) {
    const folded = fold(tag);
    const first = seen.get(folded);
    if (folded === '') return `"${tag}" contains only accents, white space or invisible characters`;
    if (first !== undefined) return `"${first}" and "${tag}" are the same tag: they differ only in case, accents, width, white space or invisible characters`;
    seen.set(folded, tag);
  }
  return undefined;
}
