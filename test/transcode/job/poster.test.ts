import { findPoster, knownPoster } from '../../../src/transcode/job/poster';

const PREFIX = 'v/1/1/poster/';
const still = (name: string) => `s3://media/${PREFIX}${name}.jpg`;

test.each([
  ['the last of several', [still('poster.0000000'), still('poster.0000001')], `${PREFIX}poster.0000001.jpg`],
  ['the last below the prefix', [still('poster.0000000'), 's3://media/v/1/1/hls/index.m3u8', 's3://elsewhere/v/1/1/poster/x.jpg'], `${PREFIX}poster.0000000.jpg`],
  ['undefined if there are no files', [], undefined],
])('the poster is %s', (_, urls, expected) => expect(findPoster(urls, 'media', PREFIX)).toBe(expected));

test.each([[60, 10, '0000001'], [20, 10, '0000001'], [19.9, 10, '0000000'], [0, 1, '0000000']])(
  'without a job event: a video of %d seconds with an interval of %d certainly has frame %s', (duration, secondsApart, number) => {
    expect(knownPoster('v/1/1/poster/', secondsApart, duration)).toBe(`v/1/1/poster/poster.${number}.jpg`);
  });
