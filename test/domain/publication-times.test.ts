import { dueTime } from '../../src/domain/due-time';
import { applyTimes, isOpen, nextPublicationTime, parseTime, TIME_PATTERN } from '../../src/domain/publication-times';
import { VIDEO_STATUSES } from '../../src/domain/video-status';

const NOW = new Date('2026-12-01T10:00:00.000Z');
const [BEFORE, LATER, LAST] = ['2026-12-01T09:59:59.999Z', '2026-12-01T10:00:00.001Z', '2027-01-01T00:00:00.000Z'];

test.each<[object, boolean, string | undefined]>([
  [{}, true, undefined],
  [{ publishAt: undefined, unpublishAt: undefined }, true, undefined],
  [{ publishAt: BEFORE }, true, undefined],
  [{ publishAt: NOW.toISOString() }, true, undefined],
  [{ publishAt: LATER }, false, LATER],
  [{ unpublishAt: BEFORE }, false, undefined],
  [{ unpublishAt: NOW.toISOString() }, false, undefined],
  [{ unpublishAt: LATER }, true, LATER],
  [{ publishAt: BEFORE, unpublishAt: LATER }, true, LATER],
  [{ publishAt: LATER, unpublishAt: LAST }, false, LATER],
  [{ publishAt: '2026-11-01T00:00:00.000Z', unpublishAt: BEFORE }, false, undefined],
])('with the times %j, the video is open: %s. The next time is %s', (times, open, next) => {
  expect(isOpen(times, NOW)).toBe(open);
  expect(nextPublicationTime(times, NOW)?.toISOString()).toBe(next);
});

describe('the due time of a row', () => {
  const at = (time: string) => new Date(time);

  test.each([
    ['no reason', {}, undefined, undefined],
    ['another reason', {}, LATER, LATER],
    ['a publication time', { publishAt: LATER }, undefined, LATER],
    ['a publication time before another reason', { unpublishAt: LATER }, LAST, LATER],
    ['a publication time after another reason', { unpublishAt: LAST }, LATER, LATER],
    ['another reason in the past', { unpublishAt: LAST }, BEFORE, BEFORE],
    ['a publication time that has passed', { publishAt: BEFORE }, LAST, LAST],
  ])('of a ready video with %s', (_, times, other, expected) => {
    expect(dueTime({ status: 'ready', ...times }, other === undefined ? undefined : at(other), NOW)?.toISOString()).toBe(expected);
  });

  test.each(VIDEO_STATUSES.filter((status) => status !== 'ready'))('of a video with the status %s does not depend on its publication times', (status) => {
    expect(dueTime({ status, publishAt: LATER }, undefined, NOW)).toBeUndefined();
    expect(dueTime({ status, publishAt: LATER }, at(LAST), NOW)).toEqual(at(LAST));
  });
});

test.each([
  ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00.000Z'],
  ['2026-12-24T18:00:00.5Z', '2026-12-24T18:00:00.500Z'],
  ['2026-12-24T18:00:59.999999999Z', '2026-12-24T18:00:59.999Z'],
  ['2028-02-29T23:59:59Z', '2028-02-29T23:59:59.000Z'],
  ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
  ['2027-02-29T00:00:00Z', undefined],
  ['2027-02-30T00:00:00Z', undefined],
  ['2027-04-31T00:00:00Z', undefined],
  ['2027-13-01T00:00:00Z', undefined],
  ['2027-01-00T00:00:00Z', undefined],
  ['2027-01-01T24:00:00Z', undefined],
  ['2027-01-01T00:60:00Z', undefined],
  ['2027-01-01T00:00:60Z', undefined],
])('reads the time %s as %s', (text, expected) => {
  expect(text).toMatch(new RegExp(TIME_PATTERN));
  expect(parseTime(text)).toBe(expected);
});

describe('an edit of the times', () => {
  const apply = (stored: object, edited: object) => applyTimes(stored, edited, NOW);
  const stored = { publishAt: BEFORE, unpublishAt: LAST };

  test.each([
    ['keeps times that are not given', stored, {}, stored],
    ['removes a time', stored, { publishAt: null }, { unpublishAt: LAST }],
    ['removes both times', stored, { publishAt: null, unpublishAt: null }, {}],
    ['sets a time in the past', {}, { publishAt: '1999-01-01T00:00:00Z' }, { publishAt: '1999-01-01T00:00:00.000Z' }],
    ['replaces both times', stored, { publishAt: '2030-01-01T00:00:00Z', unpublishAt: '2031-01-01T00:00:00Z' }, { publishAt: '2030-01-01T00:00:00.000Z', unpublishAt: '2031-01-01T00:00:00.000Z' }],
    ['sets the latest time', {}, { unpublishAt: '2036-12-01T10:00:00Z' }, { unpublishAt: '2036-12-01T10:00:00.000Z' }],
    ['sets publishAt one millisecond before unpublishAt', stored, { publishAt: '2026-12-31T23:59:59.999Z' }, { ...stored, publishAt: '2026-12-31T23:59:59.999Z' }],
    ['replaces a time with a time before the other stored time', stored, { publishAt: LAST, unpublishAt: null }, { publishAt: LAST }],
  ])('%s', (_, before, edited, times) => expect(apply(before, edited)).toEqual({ times }));

  test.each([
    ['a day that does not exist', {}, { publishAt: '2027-02-30T00:00:00Z' }, 'publishAt', 'is not a time of the calendar'],
    ['a publishAt after the latest time', {}, { publishAt: '2036-12-01T10:00:00.001Z' }, 'publishAt', 'is more than 10 years in the future'],
    ['an unpublishAt after the latest time', {}, { unpublishAt: '9999-12-31T23:59:59Z' }, 'unpublishAt', 'is more than 10 years in the future'],
    ['two equal times', {}, { publishAt: LATER, unpublishAt: LATER }, 'unpublishAt', `must be later than publishAt, which is ${LATER}`],
    ['an unpublishAt that is not after the stored publishAt', stored, { unpublishAt: BEFORE }, 'unpublishAt', `must be later than publishAt, which is ${BEFORE}`],
    ['a publishAt that is not before the stored unpublishAt', stored, { publishAt: LAST }, 'publishAt', `must be earlier than unpublishAt, which is ${LAST}`],
  ])('cannot set %s', (_, before, edited, name, detail) => expect(apply(before, edited)).toEqual({ problem: { name, detail } }));
});
