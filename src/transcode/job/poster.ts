import type { Rendering } from './ladder';
import { literally } from './literally';
import { parseS3Url } from './s3-url';
import type { Source } from '../source/source';

/** Short side of the still, in pixels: it has the size of the largest rendition up to this one. */
const SHORT_SIDE = 720;
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
    OutputGroupSettings: literally({ Type: 'FILE_GROUP_SETTINGS', FileGroupSettings: { Destination: `${destination}poster` } }),
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
            FramerateDenominator: Math.min(10, Math.max(1, Math.floor(durationSeconds / 4))),
            MaxCaptures: 2,
            Quality: JPEG_QUALITY,
          },
        },
      },
    })],
  };
}

/** The key of the last still among the files that a job has made: MediaConvert numbers them, and names the final one. */
export function findPoster(urls: readonly string[], mediaBucket: string, prefix: string): string | undefined {
  return urls.map((url) => parseS3Url(url, mediaBucket)).filter((key) => key?.startsWith(prefix)).at(-1);
}
