import * as sdk from '@aws-sdk/client-mediaconvert';
import { audiosOf, fraction, rotationOf, videoOf, type Media, type Stream } from './ffmpeg';
import type { Wire } from './model';
import type { ObjectMeta } from '../s3/store';

const CODECS: Record<string, sdk.Codec> = {
  h264: 'AVC', mpeg1video: 'MPEG1', mpeg2video: 'MPEG2', mpeg4: 'MP4V', dnxhd: 'VC3', dvvideo: 'DV', rawvideo: 'UNCOMPRESSED', amr_nb: 'AMR', amr_wb: 'AMR', wmav2: 'WMA',
};

function formatOf({ format, streams }: Media): sdk.Format | undefined {
  const name = format.format_name.split(',')[0].replace(/^mpeg$/, 'mpegps').replace(/^wav$/, 'wave');
  const brand = format.tags?.major_brand ?? '';
  if (name === 'mov') return brand.startsWith('qt') ? 'quicktime' : brand.startsWith('3gp') ? 'three_gp' : brand.startsWith('3g2') ? 'three_g2' : 'mp4';
  if (name === 'matroska' && streams.every(({ codec_name: codec = '' }) => /^(vp8|vp9|av1|opus|vorbis)$/.test(codec))) return 'webm';
  return name in sdk.Format ? name as sdk.Format : undefined;
}
function codecOf({ codec_name: name = '' }: Stream): sdk.Codec {
  const codec = CODECS[name] ?? name.replace(/^pcm_.*/, 'PCM').toUpperCase();
  return codec in sdk.Codec ? codec as sdk.Codec : 'UNKNOWN';
}
const number = (text: string | undefined) => (text && Number.isFinite(+text) ? +text : undefined);
const depthOf = ({ bits_per_raw_sample: bits, pix_fmt: format = '' }: Stream) => number(bits) || Number(/p(\d\d)(?:le|be)$/.exec(format)?.[1] ?? 8);

function trackOf(stream: Stream, media: Media): Wire<sdk.Track> {
  const common = { index: stream.index + 1, codec: codecOf(stream), duration: number(stream.duration) ?? number(media.format.duration) };
  const { width, height, profile, level = 0, pix_fmt: format = '', channels, channel_layout: channelLayout, tags: { language: languageCode } = {} } = stream;
  const bitRate = number(stream.bit_rate);
  if (stream === videoOf(media)) {
    const frameRate = fraction(stream.avg_frame_rate);
    const size = { width, height, bitDepth: depthOf(stream) };
    const codecMetadata = /^(AVC|HEVC|MPEG2)$/.test(common.codec) ? {
      ...size, profile, level: level > 0 ? `${level}` : undefined, chromaSubsampling: /4[24][024]/.exec(format)?.[0].split('').join(':'), codedFrameRate: frameRate,
      scanType: (stream.field_order ?? 'progressive') === 'progressive' ? 'progressive' : 'interlaced',
    } : undefined;
    const rotation = rotationOf(stream) || undefined;
    const sampleAspectRatio = fraction(stream.sample_aspect_ratio);
    return { ...common, trackType: 'video', videoProperties: { ...size, bitRate, frameRate, rotation, sampleAspectRatio, codecMetadata } };
  }
  if (!audiosOf(media).includes(stream)) return { ...common, trackType: 'data', dataProperties: { languageCode } };
  const audioProperties = { channels, channelLayout, sampleRate: number(stream.sample_rate), bitRate, bitDepth: number(stream.bits_per_raw_sample), languageCode };
  return { ...common, trackType: 'audio', audioProperties };
}

/** ffprobe's answer as Probe's. What is no media has a result too: without format and tracks. */
export function probeResult(media: Media | undefined, { etag, size, lastModified, contentType }: ObjectMeta): Wire<sdk.ProbeResult> {
  const tracks = media?.streams.map((stream) => trackOf(stream, media)) ?? [];
  const indexes = (type: sdk.TrackType) => tracks.flatMap(({ trackType, index }) => (trackType === type ? [index!] : []));
  return {
    container: { format: media && formatOf(media), duration: number(media?.format.duration), bitRate: number(media?.format.bit_rate), tracks },
    metadata: { eTag: etag, fileSize: size, lastModified: Math.floor(lastModified.getTime() / 1000), mimeType: contentType },
    trackMappings: tracks.length ? [{ videoTrackIndexes: indexes('video'), audioTrackIndexes: indexes('audio'), dataTrackIndexes: indexes('data') }] : [],
  };
}
