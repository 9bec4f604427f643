import { readFileSync, statSync } from 'fs';
import { join } from 'path';
import { parse, stringify, types } from 'hls-parser';
import { inspect, type Stream } from './ffmpeg';
import type { Rendition } from './plan';

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** `files` contains local file names. `playlist` contains the names in the bucket. */
export type Measured = Awaited<ReturnType<typeof measure>>;

export async function measure({ output, local, name }: Rendition, folder: string, signal: AbortSignal) {
  // The HLS demuxer follows references to other files. These references are safe, because FFmpeg created the playlist.
  const { streams } = await inspect(`${local}.m3u8`, folder, signal, ['-protocol_whitelist', 'file', '-allowed_extensions', 'ALL']);
  const playlist = parse(readFileSync(join(folder, `${local}.m3u8`), 'utf8')) as types.MediaPlaylist;
  const segments = playlist.segments.map(({ uri, duration }) => ({ duration, bits: statSync(join(folder, uri)).size * 8 }));
  const secondsOf = (run: typeof segments) => sum(run.map(({ duration }) => duration));
  const rateOf = (run: typeof segments) => sum(run.map(({ bits }) => bits)) / secondsOf(run);
  // The peak bitrate is the highest bitrate of contiguous segments that last 0.5 to 1.5 target durations (see RFC 8216). A short last segment is ignored.
  const runs = segments.flatMap((_, first) => [1, 2, 3].map((count) => segments.slice(first, first + count)))
    .filter((run) => Math.abs(secondsOf(run) / playlist.targetDuration - 1) <= 0.5);
  const named = [...new Set(playlist.segments.flatMap((segment) => [segment.map, segment]))].filter(Boolean);
  const files = [...new Set(named.map(({ uri }) => uri))];
  for (const each of named) each.uri = encodeURIComponent(each.uri.replace(local, () => name));
  const [average, peak] = [rateOf(segments), Math.max(...(runs.length ? runs : [segments]).map(rateOf))].map(Math.ceil);
  return { output, name, files, playlist: stringify(playlist), seconds: secondsOf(segments), average, peak, streams };
}

const PROFILES: Record<string, string> = { 'Constrained Baseline': '42C0', 'Baseline': '4200', 'Main': '4D40', 'High': '6400' };
const codecOf = ({ codec_type: type, profile = '', level = 0 }: Stream) =>
  (type === 'audio' ? 'mp4a.40.2' : `avc1.${PROFILES[profile]}${level.toString(16).padStart(2, '0').toUpperCase()}`);
const soundOf = ({ output }: Measured) => output.containerSettings?.cmfcSettings ?? output.outputSettings?.hlsSettings ?? {};

export function masterPlaylist(renditions: Measured[]): string {
  const videos = renditions.filter(({ output }) => output.videoDescription);
  const sound = videos.length ? renditions.find(({ output }) => !output.videoDescription) : undefined;
  const groupId = (sound && soundOf(sound).audioGroupId) ?? 'program_audio_0';
  const uriOf = ({ name }: Measured) => `${encodeURIComponent(name)}.m3u8`;
  const variants = (sound ? videos : renditions).map((one) => {
    const heard = (soundOf(one).audioRenditionSets ?? groupId).split(',').some((set) => set.trim() === groupId) ? sound : undefined;
    const picture = one.streams.find(({ codec_type: type }) => type === 'video');
    const [numerator, denominator] = (picture?.r_frame_rate ?? '').split('/').map(Number);
    return new types.Variant({
      uri: uriOf(one),
      bandwidth: one.peak + (heard?.peak ?? 0),
      averageBandwidth: one.average + (heard?.average ?? 0),
      codecs: [...new Set([...one.streams, ...heard?.streams ?? []].map(codecOf))].join(','),
      resolution: picture && { width: picture.width, height: picture.height },
      frameRate: picture && numerator / denominator,
      audio: heard && [{ type: 'AUDIO', groupId, name: 'audio_0', isDefault: true, autoselect: true, channels: heard.streams[0].channels, uri: uriOf(heard) }],
    });
  });
  return stringify(new types.MasterPlaylist({ version: 7, independentSegments: true, variants }));
}
