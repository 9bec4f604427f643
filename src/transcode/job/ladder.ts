import type { Rung } from '../../contract/transcode';
import type { FrameRate, Picture } from '../source/source';

/** Which renditions a source gets. Pure; never upscales, keeps the aspect ratio. */

/** A rendition to be made. */
export interface Rendering extends Picture {
  /** `720p`: part of its files' names. */
  readonly name: string;
  readonly maxBitrate: number;
}

/**
 * H.264, from the sizes of Apple's HLS Authoring Specification and the peaks that the MediaConvert guide recommends for
 * quality-defined bitrates ("Using the QVBR rate control mode"): 6 Mb/s at 1080p, 4 at 720p, 1 at 480p and 0.35 at 240p.
 */
export const DEFAULT_LADDER: readonly Rung[] = [
  { height: 1080, maxBitrate: 6_000_000 },
  { height: 720, maxBitrate: 4_000_000 },
  { height: 540, maxBitrate: 2_000_000 },
  { height: 360, maxBitrate: 1_000_000 },
  { height: 240, maxBitrate: 350_000 },
];

/** What MediaConvert's H.264 encoder takes ("Quotas and limits"): 32 x 32 up to 4096 x 2304; a 16:9 box of 2160 fits. */
const MIN_SIDE = 32;
/** A rendition less than a tenth larger than the next would cost as much and show no more. */
const NEAR = 0.9;

/**
 * The renditions of a picture, largest first. Empty when the picture, or what a box leaves of a mere line, is smaller than the encoder takes.
 *
 * - A rung whose box is larger than the picture would upscale: of those only the smallest is kept, at the picture's own size,
 *   and only where that is worth a rendition beside the next. So a tiny source has exactly one rendition, at its own size.
 * - Sides are even, as 4:2:0 wants them.
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
 * The frame rate to make; undefined when it is the source's own. Rates above the limit are divided by a whole number, so that every
 * frame stays as long as its neighbours: 60 becomes 30, 50 becomes 25. A rate a little above (a phone's 30.02) becomes the limit itself.
 */
export function outputFrameRate(source: FrameRate | undefined, limit: number): FrameRate | undefined {
  if (!source || source.numerator <= limit * source.denominator) return undefined;
  const { numerator, denominator } = source;
  // A tenth of tolerance: 60.04 is meant to be twice 30, not three times 20.
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

/** The nearest even number, but never more than the source has: a box that is larger than the picture leaves it as it is. */
function evenSide(side: number, scale: number): number {
  return Math.min(2 * Math.round(side * scale / 2), 2 * Math.floor(side / 2));
}
