import type { Rung } from '../../contract/transcode';
import type { FrameRate, Picture } from '../source/source';

export interface Rendering extends Picture {
  /** A part of the rendition's file names, such as `720p`. */
  readonly name: string;
  readonly maxBitrate: number;
}

/**
 * Heights come from Apple's HLS Authoring Specification. Maximum bitrates come from the MediaConvert User Guide ("Using the QVBR rate control mode"). The guide
 * recommends 6 Mb/s at 1080p, 4 at 720p, 1 at 480p and 0.35 at 240p.
 */
export const DEFAULT_LADDER: readonly Rung[] = [
  { height: 1080, maxBitrate: 6_000_000 },
  { height: 720, maxBitrate: 4_000_000 },
  { height: 540, maxBitrate: 2_000_000 },
  { height: 360, maxBitrate: 1_000_000 },
  { height: 240, maxBitrate: 350_000 },
];

/** MediaConvert's H.264 encoder accepts 32 x 32 to 4096 x 2304 pixels (see "Quotas and limits"). */
const MIN_SIDE = 32;
/**
 * A rendition in the original size is omitted if the next smaller rendition has more than 90 % of the picture's long side. The larger rendition would add
 * cost, but no visible quality.
 */
const NEAR = 0.9;

/**
 * Returns the renditions of a picture, largest first. Each rendition keeps the aspect ratio and is never larger than the picture.
 *
 * - A rung that is at least as large as the picture gives a rendition in the original size. Of several such rungs, only the smallest is used.
 * - A very small picture has exactly one rendition, in its original size.
 * - Width and height are even numbers, because 4:2:0 chroma subsampling requires even numbers.
 * - The list is empty if every rendition would be too small for the encoder.
 */
export function chooseRungs(picture: Picture, ladder: readonly Rung[]): Rendering[] {
  const fits = (rung: Rung) => scaleTo(picture, rung) >= 1;
  const sorted = byHeight(ladder);
  const smaller = sorted.filter((rung) => !fits(rung)).map((rung) => render(picture, rung)).filter(encodable);
  const whole = sorted.filter(fits).slice(-1).map((rung) => render(picture, rung)).filter(encodable);
  const near = smaller.length > 0 && Math.max(smaller[0].width, smaller[0].height) > NEAR * Math.max(picture.width, picture.height);
  return near ? smaller : [...whole, ...smaller];
}

/**
 * Returns the frame rate of the renditions, or undefined to keep the frame rate of the source. A rate above the limit is divided by an integer, so that all
 * frames have the same duration. For example, 60 becomes 30, and 50 becomes 25. A rate slightly above the limit, such as a phone's 30.02, is lowered to the
 * limit.
 */
export function outputFrameRate(source: FrameRate | undefined, limit: number): FrameRate | undefined {
  if (!source || source.numerator <= limit * source.denominator) return undefined;
  const { numerator, denominator } = source;
  // Without the tolerance of 0.1, a rate of 60.04 would be divided by 3 instead of 2.
  const divisor = Math.max(1, Math.ceil(numerator / denominator / limit - 0.1));
  return numerator > limit * denominator * divisor ? { numerator: limit, denominator: 1 } : { numerator, denominator: denominator * divisor };
}

function byHeight(ladder: readonly Rung[]): Rung[] {
  return [...ladder].sort((a, b) => b.height - a.height);
}

function render(picture: Picture, rung: Rung): Rendering {
  const scale = scaleTo(picture, rung);
  return { name: `${rung.height}p`, width: evenSide(picture.width, scale), height: evenSide(picture.height, scale), maxBitrate: rung.maxBitrate };
}

function encodable({ width, height }: Picture): boolean {
  return Math.min(width, height) >= MIN_SIDE;
}

function scaleTo({ width, height }: Picture, rung: Rung): number {
  return Math.min(rung.height * (16 / 9) / Math.max(width, height), rung.height / Math.min(width, height));
}

/** The result is an even number that is not larger than the original side. */
function evenSide(side: number, scale: number): number {
  return Math.min(2 * Math.round(side * scale / 2), 2 * Math.floor(side / 2));
}
