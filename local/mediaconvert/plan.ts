import { audiosOf, CONFINED, fraction, jobError, rotationOf, SOURCE, videoOf, type Media, type Stream } from './ffmpeg';
import type { Output, Settings } from './model';
import { parseClip, readGroup } from './rules';

/** `local` is the prefix of the output's file names in FFmpeg's working folder, and `name` is the prefix in the bucket. */
export interface Rendition { readonly output: Output; readonly local: string; readonly name: string }
type Group = ReturnType<typeof readGroup>;
export type PlannedGroup = Group & { readonly renditions: Rendition[] };

/** For a variable frame rate, MediaConvert uses the average, rounded up. */
function rateOf(stream: Stream, { framerateControl, framerateNumerator: numerator = 30, framerateDenominator: denominator = 1 }: H264) {
  if (framerateControl === 'SPECIFIED') return { numerator, denominator };
  const [average, base] = [fraction(stream.avg_frame_rate), fraction(stream.r_frame_rate)];
  const value = (rate: typeof average) => (rate ? rate.numerator / rate.denominator : 0);
  if (average && Math.abs(value(average) - value(base)) / value(average) < 0.001) return average;
  return { numerator: Math.ceil(value(average)) || 30, denominator: 1 };
}
type H264 = NonNullable<NonNullable<NonNullable<Output['videoDescription']>['codecSettings']>['h264Settings']>;

function pictureArgs(output: Output, stream: Stream, local: string, segmentLength?: number): { filter: string; codec: string[] } {
  const { width, height, codecSettings: { frameCaptureSettings: capture, h264Settings: h264 = {} } = {} } = output.videoDescription!;
  const { numerator, denominator } = capture ? { numerator: capture.framerateNumerator!, denominator: capture.framerateDenominator! } : rateOf(stream, h264);
  const filter = [
    // With `round=up`, FFmpeg captures the frame at the requested time. By default, FFmpeg would capture a frame that is half an interval late.
    `fps=${numerator}/${denominator}${capture ? ':round=up' : ''}`,
    // Converts to square pixels, then scales as MediaConvert does: the whole picture is visible, with bars.
    'scale=iw*sar:ih', `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`, `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`, 'setsar=1',
  ].join(',');
  const codec = capture ? [
    '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', `${Math.round(31 - capture.quality! * 0.29)}`,
    '-frames:v', `${capture.maxCaptures}`, '-f', 'image2', '-start_number', '0', `${local}.%07d.jpg`,
  ] : [
    '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-profile:v', (h264.codecProfile ?? 'MAIN').toLowerCase(),
    // Maps QVBR levels 1 to 10 to x264's CRF. The usual level 7 becomes x264's default, 23.
    '-crf', `${37 - 2 * (h264.qvbrSettings?.qvbrQualityLevel ?? 7)}`, '-maxrate', `${h264.maxBitrate}`, '-bufsize', `${2 * h264.maxBitrate!}`,
    '-g', `${Math.max(1, Math.round(2 * numerator / denominator))}`, '-sc_threshold', '0', '-force_key_frames', `expr:gte(t,n_forced*${segmentLength})`,
  ];
  return { filter, codec };
}

function segmentArgs({ segment, segmentLength, muxed }: Group, { videoDescription }: Output, local: string): string[] {
  if (!segment) return [];
  const extension = videoDescription ? segment.video : segment.audio;
  return [
    '-f', 'hls', '-hls_time', `${segmentLength}`, '-hls_playlist_type', 'vod', '-hls_flags', 'independent_segments', '-start_number', '1',
    ...muxed ? [] : ['-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', `${local}init.${extension}`],
    '-hls_segment_filename', `${local}_%0${segment.digits}d.${extension}`, `${local}.m3u8`,
  ];
}

export function planJob({ inputs: [input] = [], outputGroups = [] }: Settings, media: Media): { args: string[]; groups: PlannedGroup[]; seconds: number } {
  const stream = videoOf(media);
  const [sound] = audiosOf(media);
  const { rotate = 'DEGREE_0' } = input.videoSelector ?? {};
  const degrees = rotate !== 'AUTO' ? Number(rotate.replace(/\D+/, '')) : stream ? rotationOf(stream) : 0;
  const turn = ({ 90: 'transpose=clock,', 180: 'hflip,vflip,', 270: 'transpose=cclock,' } as Record<number, string>)[degrees] ?? '';
  const filters: string[] = [];
  const outputs: string[] = [];

  const groups = outputGroups.map((outputGroup, number) => {
    const group = readGroup(outputGroup);
    const renditions = outputGroup.outputs!.map((output, index) => {
      const { videoDescription: video, audioDescriptions: [audio] = [], nameModifier = '' } = output;
      const local = `g${number}o${index}`;
      if (video && !stream) throw jobError(1020, `Output ${index + 1} of ${group.type} is video, but the input has no video track`);
      if (!video && !sound) throw jobError(1040, `Output ${index + 1} of ${group.type} is audio, but the input has no audio track for the output`);
      outputs.push('-map_metadata', '-1', '-map_chapters', '-1');
      if (stream && video) {
        const { filter, codec } = pictureArgs(output, stream, local, group.segmentLength);
        outputs.push('-map', `[out${filters.length}]`, ...codec);
        filters.push(`[in${filters.length}]${turn}${filter}[out${filters.length}]`);
      }
      const { bitrate, sampleRate } = audio?.codecSettings?.aacSettings ?? {};
      if (sound && audio) outputs.push('-map', `0:${sound.index}`, '-c:a', 'aac', '-b:a', `${bitrate}`, '-ar', `${sampleRate}`, '-ac', '2');
      outputs.push(...segmentArgs(group, output, local));
      return { output, local, name: `${group.name}${nameModifier}` };
    });
    return { ...group, renditions };
  });
  const clip = parseClip(input);
  const { numerator = 30, denominator = 1 } = fraction(stream?.avg_frame_rate) ?? {};
  // The clip includes the frame at the end timecode.
  const clipSeconds = clip && clip.seconds + (clip.frames + 1) * denominator / numerator;
  const stated = Number(media.format.duration) || Number(stream?.duration) || 0;
  const split = `[0:${stream?.index}]split=${filters.length}${filters.map((_, index) => `[in${index}]`).join('')}`;
  const args = [
    '-nostdin', '-y', '-progress', 'pipe:1', '-stats_period', '0.25', '-noautorotate', ...CONFINED,
    ...clipSeconds ? ['-t', `${clipSeconds}`] : [], '-f', media.format.format_name.split(',')[0], '-i', SOURCE,
    ...filters.length ? ['-filter_complex', [split, ...filters].join(';')] : [], ...outputs,
  ];
  return { args, groups, seconds: Math.min(stated, clipSeconds ?? Infinity) };
}
