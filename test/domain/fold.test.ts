import { fold, tagProblem } from '../../src/domain/fold';
import { isBlank } from '../../src/domain/text-rules';

test.each([
  ['case', 'Holiday', 'HOLIDAY', 'holiday'],
  ['an accent in one or two characters', 'Caf\u00e9', 'CAFE\u0301', 'cafe'],
  ['several accents', '\u1ec7', 'e', 'e'],
  ['the sharp s', 'stra\u00dfe', 'STRASSE', 'strasse'],
  ['the capital sharp s', 'STRA\u1e9eE', 'strasse', 'strasse'],
  ['the sigma at the end of a word', '\u039f\u03b4\u03cc\u03c2', '\u039f\u0394\u039f\u03a3', '\u03bf\u03b4\u03bf\u03c3'],
  ['the iota subscript', '\u1fb3', '\u0391', '\u03b1'],
  ['the dotted and the dotless i', '\u0130', '\u0131', 'i'],
  ['width', '\uff26\uff55\uff4c\uff4c\u3000\uff11', 'full 1', 'full 1'],
  ['half-width Katakana', '\uff76\uff9e', '\u30ac', '\u30ac'],
  ['ligatures', '\ufb01lm', 'FILM', 'film'],
  ['invisible characters', 'a\u200bb\u00ad\u2060\ufe0f', 'ab', 'ab'],
  ['white space', '  a \t\u00a0 b\u3000', 'a b', 'a b'],
  ['invisible characters between white space', 'a \u200b b', 'a b', 'a b'],
  ['a blank Braille pattern', 'a\u2800b', 'a b', 'a b'],
])('ignores %s', (_, one, other, folded) => {
  expect(fold(one)).toBe(folded);
  expect(fold(other)).toBe(folded);
});

test.each([
  ['vowel signs of Devanagari', '\u0915\u093f', '\u0915\u0940'],
  ['the points of Hebrew', '\u05d1\u05b8', '\u05d1'],
  ['voiced Kana', '\u304c', '\u304b'],
  ['Hangul syllables', '\ud55c', '\ud558'],
  ['letters that only look alike', 'a', '\u0430'],
  ['punctuation', 'c', 'c#'],
  ['words without their space', 'a b', 'ab'],
])('distinguishes %s', (_, one, other) => expect(fold(one)).not.toBe(fold(other)));

test('a beginning of a word folds to a beginning of the folded word', () => {
  const word = '\u039f\u0394\u039f\u03a3\u0391';
  expect(fold(word).startsWith(fold(word.slice(0, 4)))).toBe(true);
});

test.each([['accents alone', '\u0301'], ['a spacing accent', '\u00b4'], ['invisible characters', '\u3164\u200b'], ['white space', ' \u3000']])('%s fold to nothing', (_, text) => expect(fold(text)).toBe(''));

test('for every character: folding twice is the same as folding once, and the result has no control characters', () => {
  const wrong: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    const folded = fold(character);
    if (fold(folded) !== folded || /\p{Control}/u.test(folded) || (isBlank(character) && folded !== '')) wrong.push(code.toString(16));
  }
  expect(wrong).toEqual([]);
});

test('the tags of a video must differ after folding', () => {
  expect(tagProblem([])).toBeUndefined();
  expect(tagProblem(['a', 'b', 'c#'])).toBeUndefined();
  expect(tagProblem(['x', 'Caf\u00e9', 'y', 'CAFE'])).toContain('"Caf\u00e9" and "CAFE" are the same tag');
  expect(tagProblem(['a', '\u0301'])).toContain('contains only accents');
});
