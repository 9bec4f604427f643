import * as sdk from '@aws-sdk/client-mediaconvert';
import { audiosOf, fraction, rotationOf, videoOf, type Media, type Stream } from './ffmpeg';
import type { Wire } from './model';

const CODECS: Record<string, sdk.Codec> = {
  h264: 'AVC', mpeg1video: 'MPEG1', mpeg2video: 'MPEG2', mpeg4: 'MP4V', dnxhd: 'VC3', dvvideo: 'DV', rawvideo: 'UNCOMPRESSED', amr_nb: 'AMR', amr_wb: 'AMR',
};

/** MediaConvert's formats by the first 3 characters of a file's major brand. */
const BRANDS: Record<string, sdk.Format> = { 'qt ': 'quicktime', '3gp': 'three_gp', '3g2': 'three_g2' };

function formatOf({ format, streams }: Media): sdk.Format | undefined {
  const name = format.format_name.split(',')[0].replace(/^mpeg$/, 'mpegps').replace(/^wav$/, 'wave');
  if (name === 'mov') return BRANDS[format.tags?.major_brand?.slice(0, 3) ?? ''] ?? 'mp4';
  if (name === 'matroska' && streams.every(({ codec_name: codec = '' }) => /^(vp8|vp9|av1|opus|vorbis)$/.test(codec))) return 'webm';
  return name in sdk.Format ? name as sdk.Format : undefined;
}
function codecOf({ codec_name: name = '' }: Stream): sdk.Codec {
  const codec = CODECS[name] ?? name.replace(/^pcm_.*/, 'PCM').toUpperCase();
  return codec in sdk.Codec ? codec as sdk.Codec : 'UNKNOWN';
}
const number = (text: string | undefined) => (text && Number.isFinite(+text) ? +text : undefined);

function trackOf(stream: Stream, media: Media): Wire<sdk.Track> {
  const { width, height, channels } = stream;
  const common = { index: stream.index + 1, codec: codecOf(stream), duration: number(stream.duration) ?? number(media.format.duration) };
  if (audiosOf(media).includes(stream)) return { ...common, trackType: 'audio', audioProperties: { channels, sampleRate: number(stream.sample_rate) } };
  if (stream !== videoOf(media)) return { ...common, trackType: 'data' };
  const [frameRate, sampleAspectRatio] = [fraction(stream.avg_frame_rate), fraction(stream.sample_aspect_ratio)];
  return { ...common, trackType: 'video', videoProperties: { width, height, frameRate, sampleAspectRatio, rotation: rotationOf(stream) || undefined } };
}

/** Converts ffprobe's output to the fields of Probe's result that this project uses. A file that is not media has no format and no tracks. */
export function probeResult(media?: Media): Wire<sdk.ProbeResult> {
  const tracks = media?.streams.map((stream) => trackOf(stream, media)) ?? [];
  return { container: { format: media && formatOf(media), duration: number(media?.format.duration), tracks } };
}
