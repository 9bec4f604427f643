import { parseListedAt, publicationKey } from '../../src/contract/table';

const publication = { publishedAt: '2026-12-31T23:59:59.999Z', videoId: '019aa000-0000-7000-8000-000000000001' };

test('the key of a publication is of its month, and leads back to it', () => {
  const { listedMonth, listedAt } = publicationKey(publication);
  expect({ listedMonth, listedAt }).toEqual({ listedMonth: '2026-12', listedAt: `${publication.publishedAt}#${publication.videoId}` });
  expect(parseListedAt(listedAt)).toEqual(publication);
});
