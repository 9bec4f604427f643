import { readFileSync, statSync } from 'fs';
import { join } from 'path';
import type { Stream } from './ffmpeg';
import type { Rendition } from './plan';

/** A rendition as it came out: bits per second and seconds measured, `files` by their local names, the playlist by the bucket's. */
export interface Measured extends Rendition { files: string[]; playlist: string; seconds: number; peak: number; average: number; streams: Stream[] }

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Reads the playlist FFmpeg wrote and measures its segments. */
export function measure(rendition: Rendition, folder: string): Omit<Measured, 'streams'> {
  const { local, name } = rendition;
  const text = readFileSync(join(folder, `${local}.m3u8`), 'utf8');
  const segments = [...text.matchAll(/#EXTINF:([\d.]+),.*\n(.+)/g)].map(([, seconds, file]) => ({ seconds: +seconds, file, bits: statSync(join(folder, file)).size * 8 }));
  const rateOf = (run: typeof segments) => sum(run.map(({ bits }) => bits)) / sum(run.map(({ seconds }) => seconds));
  const target = Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1]);
  // RFC 8216: the peak is that of any run of segments that lasts 0.5 to 1.5 target durations; a last short one alone is none.
  const runs = segments.flatMap((_, first) => [1, 2, 3].map((count) => segments.slice(first, first + count)));
  const counted = runs.filter((run) => { const share = sum(run.map(({ seconds }) => seconds)) / target; return share >= 0.5 && share <= 1.5; });
  const files = [...text.matchAll(/(?<=URI=")[^"]+/g)].map(([initial]) => initial).concat(segments.map(({ file }) => file));
  const playlist = text.replace(new RegExp(`^${local}|(?<=URI=")${local}`, 'gm'), encodeURIComponent(name));
  const peak = Math.ceil(Math.max(rateOf(segments), ...counted.map(rateOf)));
  return { ...rendition, files, playlist, seconds: sum(segments.map(({ seconds }) => seconds)), average: Math.ceil(rateOf(segments)), peak };
}

const PROFILES: Record<string, string> = { 'Constrained Baseline': '42C0', 'Baseline': '4200', 'Main': '4D40', 'High': '6400' };
const codecsOf = (streams: Stream[]) => streams.map(({ codec_type: type, profile = '', level = 0 }) =>
  (type === 'audio' ? 'mp4a.40.2' : `avc1.${PROFILES[profile]}${level.toString(16).padStart(2, '0').toUpperCase()}`));
const attributes = (values: Record<string, string | number | undefined>) =>
  Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`).join(',');
const quoted = (value: string) => `"${value.replace(/["\r\n]/g, '')}"`;
const listed = ({ output }: Rendition) => output.containerSettings?.cmfcSettings ?? output.outputSettings?.hlsSettings ?? {};

/** The playlist of playlists, from what was measured and not from what was asked for. */
export function masterPlaylist(renditions: Measured[]): string {
  const videos = renditions.filter(({ video }) => video);
  const [alternates, variants] = [[], []] as [(Measured & { group: string })[], Measured[]];
  for (const one of renditions) {
    const { audioTrackType: type, audioGroupId: group = `program_audio_${alternates.length}` } = listed(one);
    if (one.video || !videos.length || type === 'AUDIO_ONLY_VARIANT_STREAM') variants.push(one);
    else alternates.push({ ...one, group });
  }
  const media = alternates.map((one, index) => {
    const { languageCode, streamName } = one.output.audioDescriptions![0];
    const type = listed(one).audioTrackType ?? (index ? 'ALTERNATE_AUDIO_AUTO_SELECT' : 'ALTERNATE_AUDIO_AUTO_SELECT_DEFAULT');
    return `#EXT-X-MEDIA:${attributes({
      'TYPE': 'AUDIO', 'GROUP-ID': quoted(one.group), 'LANGUAGE': languageCode && quoted(languageCode.toLowerCase()), 'NAME': quoted(streamName ?? languageCode ?? `audio_${index}`),
      'AUTOSELECT': type.includes('NOT_AUTO') ? 'NO' : 'YES', 'DEFAULT': type.endsWith('DEFAULT') ? 'YES' : 'NO', 'CHANNELS': quoted(`${one.streams[0].channels}`),
      'URI': quoted(`${encodeURIComponent(one.name)}.m3u8`),
    })}`;
  });
  const streams = variants.flatMap((one) => {
    const sets = listed(one).audioRenditionSets?.split(',').map((set) => set.trim());
    const groups = new Set(one.video ? alternates.map(({ group }) => group).filter((group) => sets?.includes(group) ?? true) : []);
    return (groups.size ? [...groups] : [undefined]).map((group) => {
      const tracks = alternates.filter((alternate) => alternate.group === group);
      const picture = one.streams.find(({ codec_type: type }) => type === 'video');
      const [numerator, denominator] = (picture?.r_frame_rate ?? '').split('/').map(Number);
      return `#EXT-X-STREAM-INF:${attributes({
        'BANDWIDTH': one.peak + Math.max(0, ...tracks.map(({ peak }) => peak)), 'AVERAGE-BANDWIDTH': one.average + Math.max(0, ...tracks.map(({ average }) => average)),
        'CODECS': quoted([...new Set(codecsOf([one, ...tracks].flatMap((each) => each.streams)))].join(',')),
        'RESOLUTION': picture && `${picture.width}x${picture.height}`, 'FRAME-RATE': picture && (numerator / denominator).toFixed(3), 'AUDIO': group && quoted(group),
      })}\n${encodeURIComponent(one.name)}.m3u8`;
    });
  });
  return ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS', ...media, ...streams, ''].join('\n');
}
