import fc from 'fast-check';
import {
  cutFolded, DerivedKey, derivedKeys, ownTagPartition, parseTitleSort, tagPartition, titlePartition, titleSort,
} from '../../src/contract/derived-rows';
import { detailsKey, INDEXES, ingestKey, publicationKey, usageKey, videoKey } from '../../src/contract/table';
import { fold } from '../../src/domain/fold';
import { idOf, videoRow } from '../runtime/rows/catalog-table';

const PUBLISHED_AT = '2026-11-22T10:00:00.000Z';
const ready = { status: 'ready', publishedAt: PUBLISHED_AT } as const;
const listed = { ...ready, ...publicationKey({ publishedAt: PUBLISHED_AT, videoId: idOf(1) }) };
const keysOf = (given: Partial<Parameters<typeof videoRow>[0]>) => derivedKeys(videoRow({ videoId: idOf(1), owner: 'ann', title: 'The Film', tags: ['Sea', 'sun'], ...given }));
const own = [{ pk: 'titles#ann', sk: `the film\t${idOf(1)}` }, { pk: 'owntag#ann#sea', sk: idOf(1) }, { pk: 'owntag#ann#sun', sk: idOf(1) }];
const open = [{ pk: 'tag#sea', sk: `${PUBLISHED_AT}#${idOf(1)}` }, { pk: 'tag#sun', sk: `${PUBLISHED_AT}#${idOf(1)}` }];

test.each([
  ['a ready video in the list of ready videos', listed, [...own, ...open]],
  ['a ready video that is not in the list of ready videos', ready, own],
  ['a waiting video', { status: 'waiting' }, own],
  ['an errored video with a publication time', { ...ready, status: 'errored' }, own],
  ['a video that is being deleted', { ...listed, status: 'deleting' }, []],
  ['tags that fold to the same text', { tags: ['a', 'A'] }, [own[0], { pk: 'owntag#ann#a', sk: idOf(1) }]],
  ['texts that fold to nothing', { title: '\u00b4', tags: ['\u0301'] }, []],
] as const)('the keys of %s', (_, given, expected) => expect(keysOf(given as object)).toEqual(expected));

/** Texts that contain parts of keys. */
const hostile = fc.array(fc.constantFrom('#', '%', '%23', '%25', '\t', 'a', 'b', 'tag', 'owntag#', 'titles', 'owner#', 'video#', 'usage', 'details', 'ingest#', idOf(1)), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));

test('two different users, tags or titles never have the same key, and no key is the key of another kind of item', () => {
  fc.assert(fc.property(hostile, hostile, hostile, hostile, (owner, otherOwner, text, otherText) => {
    const [tag, otherTag] = [fold(text), fold(otherText)];
    const isSame = owner === otherOwner && tag === otherTag;
    expect(ownTagPartition(owner, tag) === ownTagPartition(otherOwner, otherTag)).toBe(isSame);
    expect(titlePartition(owner) === titlePartition(otherOwner)).toBe(owner === otherOwner);
    expect(tagPartition(tag) === tagPartition(otherTag)).toBe(tag === otherTag);
    const partitions = [tagPartition(tag), ownTagPartition(owner, tag), titlePartition(owner)];
    const others = [usageKey(otherOwner).pk, videoKey(otherText).pk, detailsKey(otherText).pk, ingestKey({ bucket: otherOwner, key: otherText, version: '' }).pk];
    expect(new Set(partitions).size).toBe(3);
    expect([tagPartition(otherTag), ownTagPartition(otherOwner, otherTag)]).not.toContain(titlePartition(owner));
    expect(tagPartition(otherTag)).not.toBe(ownTagPartition(owner, tag));
    expect(partitions.filter((partition) => others.includes(partition))).toEqual([]);
    const position = { title: tag, videoId: idOf(1) };
    expect(parseTitleSort(titleSort(position))).toEqual(position);
  }), { numRuns: 2000 });
});

test.each([['ann', 'x#y', 'ann#x', 'y'], ['ann%23x', 'y', 'ann#x', 'y'], ['ann', '%23y', 'ann#', 'y'], ['', '#y', '#', 'y']])(
  'the user %p with the tag %p has another key than the user %p with the tag %p', (owner, tag, otherOwner, otherTag) => {
    expect(ownTagPartition(owner, tag)).not.toBe(ownTagPartition(otherOwner, otherTag));
    expect(titlePartition(owner)).not.toBe(titlePartition(otherOwner));
  });

test('the longest user id, title and tags fit into the keys, and every item has only its primary key', () => {
  // The Arabic character folds to 18 characters (33 bytes).
  const keys: DerivedKey[] = [
    ...keysOf({ owner: '#'.repeat(255), title: '\ufdfa'.repeat(200), tags: ['\ufdfa'.repeat(64), '\u{1f3ac}'.repeat(32)] }),
    ...keysOf({ ...listed, owner: '\u{1f3ac}'.repeat(127), title: '\u{1f3ac}'.repeat(100), tags: ['\ufdfa'.repeat(64)] }),
  ];
  for (const key of keys) {
    expect(Object.keys(key)).toEqual(['pk', 'sk']);
    expect(Object.values(INDEXES).flatMap(({ partition, sort }) => [partition, sort] as string[]).filter((name) => name in key)).toEqual([]);
    expect(Buffer.byteLength(key.pk)).toBeLessThanOrEqual(2048);
    expect(Buffer.byteLength(key.sk)).toBeLessThanOrEqual(1024);
  }
});

test('a long text is cut between two characters', () => {
  expect(cutFolded('a'.repeat(256))).toBe('a'.repeat(256));
  expect(cutFolded(`${'a'.repeat(253)}\u{1f3ac}`)).toBe('a'.repeat(253));
  expect(cutFolded(`${'a'.repeat(252)}\u{1f3ac}b`)).toBe(`${'a'.repeat(252)}\u{1f3ac}`);
});

test('tags that differ only after the cut share one key', () => {
  const long = 'x'.repeat(60);
  expect(keysOf({ tags: [`${long}1`, `${long}2`] })).toHaveLength(3);
  expect(keysOf({ tags: [`${'\ufdfa'.repeat(20)}1`, `${'\ufdfa'.repeat(20)}2`] })).toHaveLength(2);
});

test('a title precedes all longer titles that begin with it', () => {
  const sorts = ['a', 'a b', 'a!', 'a#', 'ab'].map((title) => titleSort({ title, videoId: idOf(1) }));
  expect([...sorts].sort()).toEqual(sorts);
});
