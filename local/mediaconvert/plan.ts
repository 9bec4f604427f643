import type { OutputGroup } from '@aws-sdk/client-mediaconvert';
import { audiosOf, CONFINED, fraction, rotationOf, SOURCE, videoOf, type Media, type Stream } from './ffmpeg';
import type { Job, Output, Wire } from './model';
import { checkSupported, groupSettings, isCapture, JobError, parseS3 } from './rules';

/** One output: what FFmpeg writes as `local...` in the working folder becomes `name...` in the bucket. */
export interface Rendition {
  readonly output: Output;
  readonly local: string;
  readonly name: string;
  /** Between number and name: `_000000001.cmfv`. */
  readonly segment: { readonly digits: number; readonly extension: string };
  readonly video: boolean;
  readonly audio: boolean;
}
export interface PlannedGroup { readonly type: string; readonly bucket: string; readonly key: string; readonly renditions: Rendition[] }
export interface Plan { readonly args: string[]; readonly groups: PlannedGroup[]; readonly seconds: number; readonly warnings: string[] }

const even = (value: number) => Math.max(2, Math.round(value / 2) * 2);

/** The source's frame rate; a variable one becomes its average rounded up, as MediaConvert does it. */
function rateOf(stream: Stream, settings: { framerateControl?: string; framerateNumerator?: number; framerateDenominator?: number } = {}) {
  if (settings.framerateControl === 'SPECIFIED') return { numerator: settings.framerateNumerator ?? 30, denominator: settings.framerateDenominator ?? 1 };
  const [average, base] = [fraction(stream.avg_frame_rate), fraction(stream.r_frame_rate)];
  const value = (rate: typeof average) => (rate ? rate.numerator / rate.denominator : 0);
  if (average && Math.abs(value(average) - value(base)) / value(average) < 0.001) return average;
  return { numerator: Math.ceil(value(average)) || 30, denominator: 1 };
}

function filterOf({ videoDescription: video = {} }: Output, stream: Stream, turn: string, upright: boolean, fps: string): string {
  const [wide, high] = upright ? [stream.height!, stream.width!] : [stream.width!, stream.height!];
  const pixel = fraction(stream.sample_aspect_ratio);
  const shape = pixel && pixel.numerator !== pixel.denominator ? 'scale=iw*sar:ih' : '';
  const width = video.width ?? even(video.height ? wide * video.height / high : wide);
  const height = video.height ?? even(high * width / wide);
  const scale = video.scalingBehavior === 'STRETCH_TO_OUTPUT' || !(video.width && video.height) ? `scale=${width}:${height}`
    : `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`;
  return [turn, shape, fps, scale, 'setsar=1'].filter(Boolean).join(',');
}

function h264Args({ videoDescription }: Output, stream: Stream, segmentLength: number, exact: boolean): string[] {
  const h264 = videoDescription!.codecSettings!.h264Settings ?? {};
  const rate = rateOf(stream, h264);
  const fps = rate.numerator / rate.denominator;
  const frames = h264.gopSizeUnits === 'AUTO' ? 2 * fps : (h264.gopSize || 12) * (h264.gopSizeUnits === 'SECONDS' ? fps : 1);
  const most = h264.maxBitrate ?? h264.bitrate!;
  // A level of 1 to 10 against x264's 51 to 0: 7, the usual one, is x264's own default of 23.
  const quality = (h264.qvbrSettings?.qvbrQualityLevel ?? 7) + (h264.qvbrSettings?.qvbrQualityLevelFineTune ?? 0);
  return [
    '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-profile:v', (h264.codecProfile ?? 'MAIN').toLowerCase(),
    ...h264.rateControlMode === 'QVBR' ? ['-crf', `${37 - 2 * quality}`] : ['-b:v', `${h264.bitrate}`],
    '-maxrate', `${most}`, '-bufsize', `${h264.hrdBufferSize || 2 * most}`,
    '-g', `${Math.max(1, Math.round(frames))}`, '-sc_threshold', '0',
    ...exact ? ['-force_key_frames', `expr:gte(t,n_forced*${segmentLength})`] : [],
  ];
}

const CHANNELS: Record<string, string> = { CODING_MODE_1_0: '1', CODING_MODE_2_0: '2', CODING_MODE_5_1: '6' };

/** Turns a job's settings into one FFmpeg run: the source is decoded once for all outputs. */
export function planJob(job: Job, media: Media): Plan {
  const { settings } = job;
  checkSupported(settings);
  const input = settings.inputs![0];
  const stream = videoOf(media);
  const audios = audiosOf(media);
  const rotate = input.videoSelector?.rotate ?? 'DEGREE_0';
  const degrees = !stream ? 0 : rotate === 'AUTO' ? rotationOf(stream) : Number(rotate.replace(/\D+/, ''));
  const turn = ({ 90: 'transpose=clock', 180: 'hflip,vflip', 270: 'transpose=cclock' } as Record<number, string>)[degrees] ?? '';
  const warnings: string[] = [];
  const filters: string[] = [];
  const outputs: string[] = [];

  /** The stream that an audio description's selector means: the first track unless it says another. */
  const audioFor = (output: Output): Stream | undefined => {
    const selectors = input.audioSelectors ?? {};
    const selector = selectors[output.audioDescriptions?.[0]?.audioSourceName ?? Object.keys(selectors)[0]];
    return output.audioDescriptions?.length && selector ? audios[(selector.tracks?.[0] ?? 1) - 1] : undefined;
  };

  function planOutput(group: Wire<OutputGroup>, output: Output, index: number, local: string, base: string): Rendition {
    const type = group.outputGroupSettings!.type!;
    const { segmentLength = 6, segmentLengthControl } = groupSettings(group) as { segmentLength?: number; segmentLengthControl?: string };
    const audio = audioFor(output);
    if (output.videoDescription && !stream) throw new JobError(1020, `Output ${index + 1} of ${type} is video, but the input has no video track`);
    if (output.audioDescriptions?.length && !audio) {
      if (!output.videoDescription) throw new JobError(1040, `Output ${index + 1} of ${type} is audio, but the input has no such audio track`);
      warnings.push(`The input has no audio track: ${base}${output.nameModifier ?? ''} has none either`);
    }
    const args: string[] = [];
    if (stream && output.videoDescription) {
      const capture = output.videoDescription.codecSettings?.frameCaptureSettings;
      const rate = isCapture(output) ? { numerator: capture?.framerateNumerator ?? 30, denominator: capture?.framerateDenominator ?? 1 }
        : rateOf(stream, output.videoDescription.codecSettings?.h264Settings);
      // Rounded up, a capture is the frame at its very time; the default would take one half an interval late.
      const fps = `fps=${rate.numerator}/${rate.denominator}${isCapture(output) ? ':round=up' : ''}`;
      filters.push(`[in${filters.length}]${filterOf(output, stream, turn, degrees % 180 !== 0, fps)}[out${filters.length}]`);
      args.push('-map', `[out${filters.length - 1}]`);
      if (isCapture(output)) {
        const quality = Math.round(31 - (capture?.quality ?? 80) * 0.29);
        args.push('-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', `${quality}`, ...capture?.maxCaptures ? ['-frames:v', `${capture.maxCaptures}`] : []);
        args.push('-f', 'image2', '-start_number', '0', `${local}.%07d.jpg`);
      } else {
        args.push(...h264Args(output, stream, segmentLength, segmentLengthControl !== 'GOP_MULTIPLE'));
      }
    }
    const aac = output.audioDescriptions?.[0]?.codecSettings?.aacSettings;
    if (audio) {
      args.push('-map', `0:${audio.index}`, '-c:a', 'aac', '-b:a', `${aac?.bitrate ?? 96_000}`);
      args.push('-ar', `${aac?.sampleRate ?? 48_000}`, '-ac', CHANNELS[aac?.codingMode ?? ''] ?? '2');
    }
    const cmaf = type === 'CMAF_GROUP_SETTINGS';
    const segment = cmaf ? { digits: 9, extension: output.videoDescription ? 'cmfv' : 'cmfa' } : { digits: 5, extension: 'ts' };
    if (!isCapture(output)) {
      args.push('-f', 'hls', '-hls_time', `${segmentLength}`, '-hls_playlist_type', 'vod', '-hls_flags', 'independent_segments', '-start_number', '1');
      args.push(...cmaf ? ['-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', `${local}init.${segment.extension}`] : []);
      args.push('-hls_segment_filename', `${local}_%0${segment.digits}d.${segment.extension}`, `${local}.m3u8`);
    }
    outputs.push('-map_metadata', '-1', '-map_chapters', '-1', ...args);
    return { output, local, name: `${base}${output.nameModifier ?? ''}`, segment, video: !!output.videoDescription, audio: !!audio };
  }

  const groups = settings.outputGroups!.map((group, number) => {
    const { bucket, key } = parseS3(groupSettings(group)?.destination, 'destination');
    const full = key && !key.endsWith('/') ? key : `${key}${parseS3(input.fileInput, 'fileInput').key.replace(/^.*\//, '').replace(/\.[^.]*$/, '')}`;
    const base = full.slice(full.lastIndexOf('/') + 1);
    const renditions = group.outputs!.map((output, index) => planOutput(group, output, index, `g${number}o${index}`, base));
    return { type: group.outputGroupSettings!.type!.replace('_SETTINGS', ''), bucket, key: full, renditions };
  });
  const split = `[0:${stream?.index}]split=${filters.length}${filters.map((_, index) => `[in${index}]`).join('')}`;
  const args = [
    '-nostdin', '-y', '-progress', 'pipe:1', '-stats_period', '0.25', '-noautorotate', ...CONFINED, '-f', media.format.format_name.split(',')[0], '-i', SOURCE,
    ...filters.length ? ['-filter_complex', [split, ...filters].join(';')] : [], ...outputs,
  ];
  return { args, groups, warnings, seconds: Number(media.format.duration) || Number(stream?.duration) || 0 };
}
