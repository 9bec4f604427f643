import { durationLimit, statedTooLong } from '../../../src/transcode/source/duration-limit';

test.each<[stated: number | undefined, maxSeconds: number, expected: object]>([
  [60, 3600, { tooLongFrom: 3601 }],
  [undefined, 100, { clipSeconds: 111, tooLongFrom: 100 }],
  [undefined, 1, { clipSeconds: 2, tooLongFrom: 1 }],
  // MediaConvert accepts only clips of less than 12 hours.
  [undefined, 24 * 3600, { clipSeconds: 43_199, tooLongFrom: 39_271 }],
  [86_000, 24 * 3600, { tooLongFrom: 86_401 }],
])('a source that states %p seconds, with a limit of %p seconds', (stated, maxSeconds, expected) => expect(durationLimit(stated, maxSeconds)).toEqual(expected));

test.each([1, 59, 3600, 21_600, 43_199, 90_000])('always detects a clipped source as too long, with a limit of %p seconds', (maxSeconds) => {
  const { clipSeconds = 0, tooLongFrom } = durationLimit(undefined, maxSeconds);
  // The source can have up to 30.49 frames per second, so a timecode that counts 30 frames per second can run faster than real time.
  expect(clipSeconds * 30 / 30.49).toBeGreaterThanOrEqual(tooLongFrom);
  expect(tooLongFrom).toBeGreaterThanOrEqual(1);
});

test('the message contains both durations in readable units', () => {
  expect(statedTooLong(25_261.2, 21_600)).toEqual({ code: 'too_long', message: 'the video is 7 h 1 min 2 s long, at most 6 h is allowed' });
});
