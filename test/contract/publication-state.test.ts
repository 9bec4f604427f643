import { publicationKey, publicationState } from '../../src/contract/table';
import { VIDEO_STATUSES } from '../../src/domain/video-status';
import { idOf, videoRow } from '../runtime/rows/catalog-table';

const NOW = new Date('2026-12-01T10:00:00.000Z');
const [FIRST, PAST, FUTURE, WRITTEN] = ['2026-11-01T00:00:00.000Z', '2026-12-01T09:50:00.000Z', '2027-01-01T00:00:00.000Z', '2026-12-01T09:40:00.000Z'];
const stateOf = (given: object) => publicationState(videoRow({ videoId: idOf(1), status: 'ready', updatedAt: WRITTEN, ...given }), NOW);
const listed = (publishedAt: string) => ({ publishedAt, unpublishedAt: undefined, ...publicationKey({ publishedAt, videoId: idOf(1) }) });
const hidden = { publishedAt: undefined, unpublishedAt: undefined, listedFor: undefined, listedAt: undefined };

test.each([
  ['a video that became ready', { updatedAt: NOW.toISOString() }, listed(NOW.toISOString())],
  ['a published video', { publishedAt: FIRST }, listed(FIRST)],
  ['a published video that is unlisted', { publishedAt: FIRST, visibility: 'unlisted' }, { ...hidden, publishedAt: FIRST }],
  ['a published video that is private', { publishedAt: FIRST, visibility: 'private' }, { ...hidden, publishedAt: FIRST }],
  ['a video that became ready after publishAt', { publishAt: FIRST, updatedAt: NOW.toISOString() }, listed(NOW.toISOString())],
  ['a video before publishAt', { publishAt: FUTURE }, hidden],
  ['a ready video whose publishAt has passed', { publishAt: PAST }, listed(PAST)],
  ['a published video with an earlier publishAt', { publishedAt: FIRST, publishAt: '2026-10-01T00:00:00.000Z' }, listed(FIRST)],
  ['a published video that is to be published again later', { publishedAt: FIRST, publishAt: FUTURE }, { ...hidden, publishedAt: FIRST, unpublishedAt: NOW.toISOString() }],
  ['a video that is published again', { publishedAt: FIRST, unpublishedAt: FIRST, publishAt: PAST }, listed(PAST)],
  ['a video before unpublishAt', { publishedAt: FIRST, unpublishAt: FUTURE }, listed(FIRST)],
  ['a video after unpublishAt', { publishedAt: FIRST, unpublishAt: PAST }, { ...hidden, publishedAt: FIRST, unpublishedAt: NOW.toISOString() }],
  ['an unpublished video', { publishedAt: FIRST, unpublishAt: PAST, unpublishedAt: PAST }, { ...hidden, publishedAt: FIRST, unpublishedAt: PAST }],
  ['a video that became ready after unpublishAt', { unpublishAt: PAST }, hidden],
  ['a video whose unpublishAt was removed', { publishedAt: FIRST, unpublishedAt: PAST }, listed(FIRST)],
])('the state of %s', (_, given, expected) => expect(stateOf(given)).toEqual(expected));

test.each(VIDEO_STATUSES.filter((status) => status !== 'ready'))('a video with the status %s is neither published nor listed', (status) => {
  expect(stateOf({ status, publishAt: PAST })).toEqual(hidden);
});

test('the state does not change if it is computed again', () => {
  for (const publishAt of [undefined, PAST, FUTURE]) {
    for (const unpublishAt of [undefined, PAST, FUTURE]) {
      for (const publishedAt of [undefined, FIRST]) {
        const once = stateOf({ publishAt, unpublishAt, publishedAt });
        expect(stateOf({ publishAt, unpublishAt, ...once })).toEqual(once);
      }
    }
  }
});
