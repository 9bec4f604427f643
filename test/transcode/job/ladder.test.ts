import * as fc from 'fast-check';
import type { Rung } from '../../../src/contract/transcode';
import { chooseRungs, DEFAULT_LADDER, outputFrameRate } from '../../../src/transcode/job/ladder';
import type { FrameRate, Picture } from '../../../src/transcode/source/source';

const sizes = ({ width, height }: Picture, ladder = DEFAULT_LADDER) => chooseRungs({ width, height }, ladder).map((one) => `${one.name} ${one.width}x${one.height}`);

describe('chooseRungs', () => {
  test.each<[string, number, number, string[]]>([
    ['full HD', 1920, 1080, ['1080p 1920x1080', '720p 1280x720', '540p 960x540', '360p 640x360', '240p 426x240']],
    ['4K', 3840, 2160, ['1080p 1920x1080', '720p 1280x720', '540p 960x540', '360p 640x360', '240p 426x240']],
    ['a phone held upright', 1080, 1920, ['1080p 1080x1920', '720p 720x1280', '540p 540x960', '360p 360x640', '240p 240x426']],
    ['wide screen', 1920, 804, ['1080p 1920x804', '720p 1280x536', '540p 960x402', '360p 640x268', '240p 426x178']],
    ['a square', 590, 590, ['540p 540x540', '360p 360x360', '240p 240x240']],
    ['between two rungs', 1440, 810, ['1080p 1440x810', '720p 1280x720', '540p 960x540', '360p 640x360', '240p 426x240']],
    ['hardly above a rung', 1290, 726, ['720p 1280x720', '540p 960x540', '360p 640x360', '240p 426x240']],
    ['odd sides', 853, 481, ['540p 852x480', '360p 638x360', '240p 426x240']],
    ['tiny', 160, 90, ['240p 160x90']],
    ['a line', 1920, 40, ['1080p 1920x40']],
    ['too small to encode', 30, 30, []],
  ])('%s', (_, width, height, expected) => {
    expect(sizes({ width, height })).toEqual(expected);
  });

  const picture = fc.record({ width: fc.integer({ min: 32, max: 8192 }), height: fc.integer({ min: 32, max: 8192 }) });
  const ladder = fc.uniqueArray(fc.integer({ min: 60, max: 1080 }).map((half) => half * 2), { minLength: 1, maxLength: 10 })
    .map((heights): Rung[] => heights.map((height) => ({ height, maxBitrate: height * 5000 })));

  test('returns even sizes in descending order that keep the aspect ratio and are never upscaled', () => {
    fc.assert(fc.property(picture, ladder, (source, rungs) => {
      const chosen = chooseRungs(source, rungs);
      for (const { width, height } of chosen) {
        expect(width).toBeLessThanOrEqual(source.width);
        expect(height).toBeLessThanOrEqual(source.height);
        expect([width % 2, height % 2]).toEqual([0, 0]);
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(32);
        // Rounding changes each side by at most one pixel, or by two pixels if the source has odd sides.
        const scale = Math.max(width / source.width, height / source.height);
        expect(Math.abs(source.width * scale - width)).toBeLessThan(2.01 * Math.max(1, source.width / source.height));
        expect(Math.abs(source.height * scale - height)).toBeLessThan(2.01 * Math.max(1, source.height / source.width));
      }
      for (const [index, lower] of chosen.slice(1).entries()) {
        const upper = chosen[index];
        expect(upper.maxBitrate).toBeGreaterThan(lower.maxBitrate);
        expect(upper.width * upper.height).toBeGreaterThanOrEqual(lower.width * lower.height);
      }
      expect(new Set(chosen.map(({ name }) => name)).size).toBe(chosen.length);
    }));
  });

  test('every source has a rendition, and a larger source never has fewer renditions', () => {
    fc.assert(fc.property(fc.integer({ min: 64, max: 1000 }), fc.integer({ min: 0, max: 2000 }), (small, more) => {
      const count = (height: number) => sizes({ width: Math.round(height * 16 / 9), height }).length;
      expect(chooseRungs({ width: small, height: small }, DEFAULT_LADDER).length).toBeGreaterThan(0);
      expect(count(small + more)).toBeGreaterThanOrEqual(count(small));
    }));
  });

  test('portrait and landscape pictures have the same renditions, rotated', () => {
    fc.assert(fc.property(picture, ladder, ({ width, height }, rungs) => {
      const turned = chooseRungs({ width: height, height: width }, rungs).map((one) => ({ ...one, width: one.height, height: one.width }));
      expect(turned).toEqual(chooseRungs({ width, height }, rungs));
    }));
  });
});

describe('outputFrameRate', () => {
  const rate = (numerator: number, denominator = 1): FrameRate => ({ numerator, denominator });

  test.each<[string, FrameRate | undefined, FrameRate | undefined]>([
    ['unknown: as the source', undefined, undefined],
    ['slow: as the source', rate(24000, 1001), undefined],
    ['the limit itself: as the source', rate(30), undefined],
    ['60 is halved', rate(60), rate(60, 2)],
    ['59.94 is halved', rate(60000, 1001), rate(60000, 2002)],
    ['50 is halved', rate(50), rate(50, 2)],
    ['120 is a quarter', rate(120), rate(120, 4)],
    ['a phone\'s 30.02 is the limit', rate(3002, 100), rate(30)],
    ['a phone\'s 60.04 is the limit', rate(6004, 100), rate(30)],
  ])('%s', (_, source, expected) => expect(outputFrameRate(source, 30)).toEqual(expected));

  test('the frame rate is never above the limit, and never much below half of the limit', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 240_000 }), fc.integer({ min: 1, max: 1001 }), fc.integer({ min: 10, max: 120 }), (n, d, limit) => {
      const result = outputFrameRate(rate(n, d), limit) ?? rate(n, d);
      const fps = result.numerator / result.denominator;
      expect(fps).toBeLessThanOrEqual(limit + 1e-9);
      if (n / d > limit) expect(fps).toBeGreaterThan(limit * 0.5);
    }));
  });
});
