import type { Rendering } from './ladder';
import { literally } from './literally';
import { parseS3Url } from './s3-url';
import type { Source } from '../source/source';

/** Short side of the still, in pixels: it has the size of the largest rendition up to this one. */
const SHORT_SIDE = 720;
/** What MediaConvert's names begin with. */
const BASE_NAME = 'poster';
/** The first frame, and the one that is shown. */
const STILLS = 2;
/** Of 100. */
const JPEG_QUALITY = 80;

/**
 * The output group that makes the still. MediaConvert takes two: the first frame, often black, then one after so many seconds. The job's event names the
 * last. A video that ends before has the first frame alone.
 *
 * @param destination `s3://…` of the prefix below which MediaConvert chooses the names
 */
export function posterGroup(destination: string, renderings: readonly Rendering[], { durationSeconds = 20 }: Source) {
  const { width, height } = renderings.find((one) => Math.min(one.width, one.height) <= SHORT_SIDE) ?? renderings[renderings.length - 1];
  return {
    Name: 'poster',
    OutputGroupSettings: literally({ Type: 'FILE_GROUP_SETTINGS', FileGroupSettings: { Destination: `${destination}${BASE_NAME}` } }),
    Outputs: [literally({
      ContainerSettings: { Container: 'RAW' },
      Extension: 'jpg',
      VideoDescription: {
        Width: width,
        Height: height,
        CodecSettings: {
          Codec: 'FRAME_CAPTURE',
          FrameCaptureSettings: {
            FramerateNumerator: 1,
            FramerateDenominator: secondsBetween(durationSeconds),
            MaxCaptures: STILLS,
            Quality: JPEG_QUALITY,
          },
        },
      },
    })],
  };
}

function secondsBetween(durationSeconds: number): number {
  return Math.min(10, Math.max(1, Math.floor(durationSeconds / 4)));
}

/**
 * The key of a still that the job has made for sure, by what its settings say: where no event tells the last one. MediaConvert names the stills
 * `{name}.NNNNNNN.jpg` from 0 (API Reference, FrameCaptureSettings). How many a short video has depends on its rounding, so one of less than two
 * intervals gets its first frame.
 *
 * @param secondsApart FramerateDenominator of the job's settings
 */
export function knownPoster(prefix: string, secondsApart: number, durationSeconds: number): string {
  const last = durationSeconds >= STILLS * secondsApart ? STILLS - 1 : 0;
  return `${prefix}${BASE_NAME}.${String(last).padStart(7, '0')}.jpg`;
}

/** The key of the last still among the files that a job has made: MediaConvert numbers them, and names the final one. */
export function findPoster(urls: readonly string[], mediaBucket: string, prefix: string): string | undefined {
  return urls.map((url) => parseS3Url(url, mediaBucket)).filter((key) => key?.startsWith(prefix)).at(-1);
}
