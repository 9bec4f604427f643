const ACCENTS = /[\u0300-\u036f]/gu;
const INVISIBLE = /(?!\p{White_Space})[\p{Default_Ignorable_Code_Point}\p{Control}]/gu;
/** U+2800 (blank Braille pattern) looks like a space, but Unicode does not classify it as white space. */
const SPACES = /[\p{White_Space}\u2800]+/gu;

/**
 * Normalizes a text, so that a comparison of tags or titles ignores case, accents, width, invisible characters and additional white space.
 *
 * Two texts are equal for a search if their folded texts are equal. The folded text contains no control characters.
 */
export function fold(text: string): string {
  const plain = withoutAccents(text.replace(INVISIBLE, '').normalize('NFKD'));
  // Both the small and the capital sharp s (U+1E9E) become `ss`. Only the upper case of the small letter is `SS`, so the first step is lower case.
  const lower = plain.toLowerCase().toUpperCase().toLowerCase();
  // JavaScript converts a capital sigma at the end of a word to a final sigma. A search prefix can end in the middle of a word, so both forms must be equal.
  return withoutAccents(lower.replace(/ς/gu, 'σ').normalize('NFKD')).normalize('NFKC').replace(INVISIBLE, '').replace(SPACES, ' ').trim();
}

/** Removes accents. Other combining marks remain, because they are letters in some scripts, such as the vowel signs of Devanagari. */
function withoutAccents(text: string): string {
  return text.replace(ACCENTS, '');
}

/** Returns a problem if two tags of a video are equal for a search, or if a tag is empty for a search. */
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
