import { CONTAINER_NAMES, isAcceptedContainer } from './containers';
import { statedTooLong } from './duration-limit';
import type { FrameRate, Rotate, Source } from './source';
import type { VideoError } from '../../domain/video-status';

export interface ProbedContainer {
  readonly Format?: string;
  readonly Duration?: number;
  readonly Tracks?: readonly ProbedTrack[];
}

interface ProbedTrack {
  readonly TrackType?: string;
  readonly Codec?: string;
  readonly Duration?: number;
  readonly VideoProperties?: {
    readonly Width?: number;
    readonly Height?: number;
    readonly Rotation?: number;
    readonly FrameRate?: ProbedFraction;
    readonly SampleAspectRatio?: ProbedFraction;
    readonly CodecMetadata?: { readonly SampleAspectRatio?: ProbedFraction };
  };
}

interface ProbedFraction {
  readonly Numerator?: number;
  readonly Denominator?: number;
}

const ROTATIONS: Readonly<Record<number, Rotate>> = { 90: 'DEGREES_90', 180: 'DEGREES_180', 270: 'DEGREES_270' };

/** A file needs a video track, but an audio track is optional. */
export function readProbe(container: ProbedContainer | undefined, maxDurationSeconds: number): Source | VideoError {
  const tracks = container?.Tracks ?? [];
  if (!container?.Format && tracks.length === 0) return { code: 'not_a_video', message: 'the media format of the file is unknown' };
  const track = tracks.find(({ TrackType }) => TrackType === 'video');
  const hasAudio = tracks.some(({ TrackType, Codec }) => TrackType === 'audio' && known(Codec));
  if (!track) return { code: 'not_a_video', message: hasAudio ? 'the file has audio but no video track' : 'the file has no video track' };
  if (!isAcceptedContainer(container?.Format)) {
    return { code: 'unsupported_codec', message: `the container of the file is not supported; supported containers: ${CONTAINER_NAMES.join(', ')}` };
  }
  if (!known(track.Codec)) return { code: 'unsupported_codec', message: 'the codec of the video track is not supported' };

  const { Width: width = 0, Height: height = 0, ...video } = track.VideoProperties ?? {};
  if (width < 1 || height < 1) return { code: 'corrupt', message: 'the video track has no width or no height' };
  const durationSeconds = longestStated(container);
  if (durationSeconds !== undefined && durationSeconds > maxDurationSeconds) return statedTooLong(durationSeconds, maxDurationSeconds);

  const pixel = fraction(video.SampleAspectRatio) ?? fraction(video.CodecMetadata?.SampleAspectRatio);
  const displayWidth = pixel ? Math.round(width * pixel.numerator / pixel.denominator) : width;
  const rotation = ROTATIONS[(((video.Rotation ?? 0) % 360) + 360) % 360];
  const turned = rotation === 'DEGREES_90' || rotation === 'DEGREES_270';
  const isRotatedByAuto = container?.Format === 'mp4' || container?.Format === 'quicktime';
  return {
    width: turned ? height : displayWidth,
    height: turned ? displayWidth : height,
    rotate: rotation && !isRotatedByAuto ? rotation : 'AUTO',
    squarePixels: displayWidth === width,
    hasAudio,
    durationSeconds,
    frameRate: fraction(video.FrameRate),
  };
}

export function isProblem(result: Source | VideoError): result is VideoError {
  return 'code' in result;
}

function known(codec: string | undefined): boolean {
  return codec !== undefined && codec !== 'UNKNOWN';
}

function longestStated({ Duration, Tracks = [] }: ProbedContainer = {}): number | undefined {
  const tracks = Tracks.filter(({ TrackType }) => TrackType === 'video' || TrackType === 'audio').map((track) => track.Duration);
  const stated = [Duration, ...tracks].flatMap((seconds) => positive(seconds) ?? []);
  return stated.length > 0 ? Math.max(...stated) : undefined;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;
}

function fraction(value: ProbedFraction | undefined): FrameRate | undefined {
  const numerator = positive(value?.Numerator);
  const denominator = positive(value?.Denominator);
  return numerator !== undefined && denominator !== undefined ? { numerator, denominator } : undefined;
}
