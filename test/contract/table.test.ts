import { dueKey, parseListedAt, parseStageKey, publicationKey, stageKey } from '../../src/contract/table';

const videoId = '019aa000-0000-7000-8000-00000000000a';
const publication = { publishedAt: '2026-12-31T23:59:59.999Z', videoId };

test('the key of a publication leads back to it', () => {
  const { listedFor, listedAt } = publicationKey(publication);
  expect({ listedFor, listedAt }).toEqual({ listedFor: 'signed-in', listedAt: `${publication.publishedAt}#${videoId}` });
  expect(parseListedAt(listedAt)).toEqual(publication);
});

test('the key of a stage leads back to the video', () => {
  expect(stageKey('open', videoId)).toBe(`open#${videoId}`);
  expect(parseStageKey(stageKey('errored', videoId))).toBe(videoId);
});

test('the key of a due time has one of sixteen partitions', () => {
  expect(dueKey(videoId, new Date('2026-12-01T00:00:00Z'))).toEqual({ dueShard: 'a', dueAt: '2026-12-01T00:00:00.000Z' });
});
