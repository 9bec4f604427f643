import { readFileSync, statSync } from 'fs';
import { join } from 'path';
import type { Stream } from './ffmpeg';
import type { Rendition } from './plan';

/** A rendition as it came out. */
export interface Measured extends Rendition {
  /** Local names, in order. */
  readonly files: string[];
  /** The media playlist with the names that the bucket has. */
  readonly playlist: string;
  readonly seconds: number;
  readonly peak: number;
  readonly average: number;
  readonly streams: Stream[];
}

/** Reads the playlist FFmpeg wrote and measures its segments. */
export function measure(rendition: Rendition, folder: string): Omit<Measured, 'streams'> {
  const { local, name } = rendition;
  const text = readFileSync(join(folder, `${local}.m3u8`), 'utf8');
  const segments = [...text.matchAll(/#EXTINF:([\d.]+),.*\n(.+)/g)].map(([, seconds, file]) => ({ seconds: +seconds, file, bits: statSync(join(folder, file)).size * 8 }));
  const seconds = segments.reduce((sum, segment) => sum + segment.seconds, 0);
  const average = Math.ceil(segments.reduce((sum, { bits }) => sum + bits, 0) / seconds);
  const target = Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1]);
  // RFC 8216: the peak is that of any run of segments that lasts 0.5 to 1.5 target durations; a last short one alone is none.
  const runs = segments.flatMap((_, first) => segments.slice(first).map((_segment, index) => segments.slice(first, first + index + 1)).slice(0, 4 * target));
  const rates = runs.map((run) => ({ seconds: run.reduce((sum, segment) => sum + segment.seconds, 0), bits: run.reduce((sum, { bits }) => sum + bits, 0) }))
    .filter((run) => run.seconds >= target / 2 && run.seconds <= target * 1.5).map((run) => run.bits / run.seconds);
  const initial = /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1];
  return {
    ...rendition,
    files: [...initial ? [initial] : [], ...segments.map(({ file }) => file)],
    playlist: text.replace(new RegExp(`^${local}|(?<=URI=")${local}`, 'gm'), encodeURIComponent(name)),
    seconds,
    average,
    peak: Math.ceil(Math.max(average, ...rates)),
  };
}

const PROFILES: Record<string, string> = { 'Constrained Baseline': '42C0', 'Baseline': '4200', 'Main': '4D40', 'High': '6400' };
function codecsOf(streams: Stream[]): string[] {
  return streams.map(({ codec_type: type, profile = '', level = 0 }) => (type === 'audio' ? 'mp4a.40.2' : `avc1.${PROFILES[profile]}${level.toString(16).padStart(2, '0').toUpperCase()}`));
}
const attributes = (values: Record<string, string | number | undefined>) =>
  Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`).join(',');
const quoted = (value: string) => `"${value.replace(/["\r\n]/g, '')}"`;
const listed = (rendition: Rendition) => rendition.output.containerSettings?.cmfcSettings ?? rendition.output.outputSettings?.hlsSettings ?? {};

/** The playlist of playlists, from what was measured and not from what was asked for. */
export function masterPlaylist(renditions: Measured[]): string {
  const videos = renditions.filter(({ video }) => video);
  const alone = renditions.filter((rendition) => !rendition.video && (!videos.length || listed(rendition).audioTrackType === 'AUDIO_ONLY_VARIANT_STREAM'));
  const alternates = renditions.filter((rendition) => !rendition.video && !alone.includes(rendition))
    .map((rendition, index) => ({ ...rendition, group: listed(rendition).audioGroupId ?? `program_audio_${index}` }));
  const lines = alternates.map(({ output, group, name, streams }, index) => {
    const { languageCode, streamName } = output.audioDescriptions![0];
    const type = listed({ output } as Rendition).audioTrackType ?? (index ? 'ALTERNATE_AUDIO_AUTO_SELECT' : 'ALTERNATE_AUDIO_AUTO_SELECT_DEFAULT');
    return `#EXT-X-MEDIA:${attributes({
      'TYPE': 'AUDIO', 'GROUP-ID': quoted(group), 'LANGUAGE': languageCode && quoted(languageCode.toLowerCase()), 'NAME': quoted(streamName ?? languageCode ?? `audio_${index}`),
      'AUTOSELECT': type.includes('NOT_AUTO') ? 'NO' : 'YES', 'DEFAULT': type.endsWith('DEFAULT') ? 'YES' : 'NO', 'CHANNELS': quoted(`${streams[0].channels}`),
      'URI': quoted(`${encodeURIComponent(name)}.m3u8`),
    })}`;
  });
  const variant = (rendition: Measured, group?: string) => {
    const tracks = alternates.filter((alternate) => group !== undefined && alternate.group === group);
    const picture = rendition.streams.find(({ codec_type: type }) => type === 'video');
    const [numerator, denominator] = (picture?.r_frame_rate ?? '').split('/').map(Number);
    const codecs = new Set([...codecsOf(rendition.streams), ...tracks.flatMap(({ streams }) => codecsOf(streams))]);
    lines.push(`#EXT-X-STREAM-INF:${attributes({
      'BANDWIDTH': rendition.peak + Math.max(0, ...tracks.map(({ peak }) => peak)),
      'AVERAGE-BANDWIDTH': rendition.average + Math.max(0, ...tracks.map(({ average }) => average)),
      'CODECS': quoted([...codecs].join(',')), 'RESOLUTION': picture && `${picture.width}x${picture.height}`, 'FRAME-RATE': picture && (numerator / denominator).toFixed(3),
      'AUDIO': group && quoted(group),
    })}`, `${encodeURIComponent(rendition.name)}.m3u8`);
  };
  for (const video of videos) {
    const sets = listed(video).audioRenditionSets?.split(',').map((set) => set.trim()) ?? alternates.map(({ group }) => group);
    const groups = [...new Set(sets)].filter((set) => alternates.some(({ group }) => group === set));
    for (const group of groups.length ? groups : [undefined]) variant(video, group);
  }
  alone.forEach((rendition) => variant(rendition));
  return ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS', ...lines, ''].join('\n');
}
