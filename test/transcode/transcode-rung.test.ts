import { Bitrate } from 'aws-cdk-lib';
import { DEFAULT_LADDER } from '../../src/transcode/job/ladder';
import { ladderProblems, toRung, TranscodeRung } from '../../src/transcode/transcode-rung';

const { mbps } = Bitrate;
const problems = (ladder: TranscodeRung[]) => ladderProblems('ladder', ladder).filter((problem) => problem !== undefined).join('; ');

test('the default ladder is a valid value of the prop', () => {
  const given = DEFAULT_LADDER.map(({ height, maxBitrate }) => ({ height, maxBitrate: Bitrate.bps(maxBitrate) }));
  expect(problems(given)).toBe('');
  expect(given.map(toRung)).toEqual(DEFAULT_LADDER);
});

test.each<[string, TranscodeRung[], string]>([
  ['no rung', [], 'ladder: expected a list of 1 or more items, got []'],
  ['eleven rungs', Array.from({ length: 11 }, (_, i) => ({ height: 120 + 2 * i, maxBitrate: mbps(i + 1) })), 'ladder: expected 1 to 10 rungs, got 11'],
  ['an odd height', [{ height: 721, maxBitrate: mbps(1) }], 'ladder[0].height: expected an even number of pixels for the short side, from 120 to 2160 (4K is 2160), got 721'],
  ['a height above the maximum of MediaConvert', [{ height: 4320, maxBitrate: mbps(1) }], 'ladder[0].height: expected an even number of pixels for the short side, from 120 to 2160 (4K is 2160), got 4320'],
  ['text and bits', [{ height: '720' as any, maxBitrate: 4_000_000 as any }],
    'ladder[0].height: expected an even number of pixels for the short side, from 120 to 2160 (4K is 2160), got "720"; ladder[0].maxBitrate: expected a Bitrate from 0.05 Mb/s to 50 Mb/s in whole bits per second, got 4000000. Create a Bitrate with a unit, such as Bitrate.mbps(3)'],
  ['kilobits for megabits', [{ height: 720, maxBitrate: Bitrate.bps(3000) }],
    'ladder[0].maxBitrate: expected a Bitrate from 0.05 Mb/s to 50 Mb/s in whole bits per second, got 0.003 Mb/s'],
  ['a misspelled key', [{ height: 720, maxBitrate: mbps(2), width: 1280 } as TranscodeRung], 'ladder[0].width: expected only height, maxBitrate'],
  ['one height twice', [{ height: 720, maxBitrate: mbps(2) }, { height: 720, maxBitrate: mbps(1) }], 'ladder: expected each height only once, got 720 twice'],
  ['a higher bitrate for a lower height', [{ height: 360, maxBitrate: mbps(2) }, { height: 720, maxBitrate: mbps(1) }],
    'ladder: expected a higher maxBitrate at height 720 than at height 360, got 1 Mb/s and 2 Mb/s'],
])('rejects %s', (_, ladder, message) => {
  expect(problems(ladder)).toBe(message);
});
