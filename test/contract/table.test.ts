import { dueKey, parseListedAt, parseStageKey, publicationKey, stageKey } from '../../src/contract/table';

const videoId = '019aa000-0000-7000-8000-00000000000a';
const publication = { publishedAt: '2026-12-31T23:59:59.999Z', videoId };

test('parseListedAt returns the publication of a key', () => {
  const { listedFor, listedAt } = publicationKey(publication);
  expect({ listedFor, listedAt }).toEqual({ listedFor: 'signed-in', listedAt: `${publication.publishedAt}#${videoId}` });
  expect(parseListedAt(listedAt)).toEqual(publication);
});

test('parseStageKey returns the video id of a key', () => {
  expect(stageKey('open', videoId)).toBe(`open#${videoId}`);
  expect(parseStageKey(stageKey('errored', videoId))).toBe(videoId);
});

test('dueKey returns one of sixteen partitions', () => {
  expect(dueKey(videoId, new Date('2026-12-01T00:00:00Z'))).toEqual({ dueShard: 'a', dueAt: '2026-12-01T00:00:00.000Z' });
});
