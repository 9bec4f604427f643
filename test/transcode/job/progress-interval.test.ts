import { StatusUpdateInterval } from '@aws-sdk/client-mediaconvert';
import { progressInterval } from '../../../src/transcode/job/progress-interval';

test.each<[durationSeconds: number | undefined, expected: string]>([
  [1, 'SECONDS_10'],
  [60, 'SECONDS_10'],
  [101, 'SECONDS_12'],
  [600, 'SECONDS_60'],
  [601, 'SECONDS_120'],
  [3600, 'SECONDS_360'],
  [7200, 'SECONDS_600'],
  [21_600, 'SECONDS_600'],
  [undefined, 'SECONDS_60'],
])('a source of %p seconds has the interval %s', (durationSeconds, expected) => expect(progressInterval(durationSeconds)).toBe(expected));

test('every interval is a value of MediaConvert\'s API', () => {
  for (let seconds = 1; seconds < 10_000; seconds += 7) expect(Object.keys(StatusUpdateInterval)).toContain(progressInterval(seconds));
});
