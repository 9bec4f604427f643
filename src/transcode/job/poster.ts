import type { Rendering } from './ladder';
import { literally } from './literally';
import { parseS3Url } from './s3-url';
import type { Source } from '../source/source';

/** The maximum short side in pixels. The poster has the size of the largest rendition within this limit. */
const SHORT_SIDE = 720;
const BASE_NAME = 'poster';
/** The first frame is often black, so the second captured frame is the poster. */
const STILLS = 2;
const JPEG_QUALITY = 80;

/**
 * MediaConvert captures the first frame, and a second frame some seconds later. If the video ends before the second capture, MediaConvert writes only the image
 * of the first frame.
 *
 * @param destination `s3://` URL of the prefix for the files; MediaConvert chooses the file names
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
 * For a job whose event was lost, returns the object key of a captured frame. The frame with this key always exists. MediaConvert names captured frames
 * `{name}.NNNNNNN.jpg`, numbered from 0 (API Reference, FrameCaptureSettings). For a video shorter than two intervals, the number of frames depends on
 * MediaConvert's rounding, so the function returns the first frame.
 *
 * @param secondsApart the interval between two captures, which is `FramerateDenominator` in the job's settings
 */
export function knownPoster(prefix: string, secondsApart: number, durationSeconds: number): string {
  const last = durationSeconds >= STILLS * secondsApart ? STILLS - 1 : 0;
  return `${prefix}${BASE_NAME}.${String(last).padStart(7, '0')}.jpg`;
}

export function findPoster(urls: readonly string[], mediaBucket: string, prefix: string): string | undefined {
  return urls.map((url) => parseS3Url(url, mediaBucket)).filter((key) => key?.startsWith(prefix)).at(-1);
}
