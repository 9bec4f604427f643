import { spawn } from 'child_process';
import { createInterface } from 'readline';
import { AwsError } from '../types';

/**
 * The containers an upload may be in. None of them can name another file or address: no playlists, concat scripts,
 * manifests, images or text subtitles; with `-protocol_whitelist file` a reference inside one would reach the private folder at most.
 */
const DEMUXERS = 'mov,matroska,mpegts,mpeg,avi,asf,mxf,ogg,flac,mp3,aac,wav,ac3,eac3';
/** The source's name in the working folder, whatever it was called. */
export const SOURCE = 'source';
/** How both tools open a source. */
export const CONFINED = ['-protocol_whitelist', 'file', '-format_whitelist', DEMUXERS];

/** The part of ffprobe's answer that is used. */
export interface Media { format: { format_name: string; duration?: string; tags?: Record<string, string> }; streams: Stream[] }
export interface Stream {
  index: number; codec_name?: string; codec_type: string; profile?: string; level?: number; width?: number; height?: number; sample_aspect_ratio?: string;
  r_frame_rate: string; avg_frame_rate: string; bit_rate?: string; duration?: string; channels?: number; sample_rate?: string;
  disposition?: { attached_pic?: number }; side_data_list?: { rotation?: number }[];
}

/** A job that fails, with MediaConvert's own error code. */
export const jobError = (code: number, message: string) => new AwsError(`${code}`, message);

/** Runs its arguments, and kills them when its input ends: as it does when this process is gone, however it went. */
const GUARD = 'exec 3<&0; "$@" </dev/null & tool=$!; (read _ <&3; kill -9 $tool) >/dev/null 2>&1 & guard=$!; wait $tool; code=$?; kill -9 $guard; exit $code';

/** MediaConvert's "Unexpected system error": nothing is wrong with the source. */
export const systemError = () => jobError(1999, 'Unknown error');

/** Whether a tool was killed by a signal, ended by one (255), or could not be started (126, 127), by the exit code that the guard passes on. */
const isSystemFault = (code: number | null) => code === null || code === 255 || (code >= 126 && code < 160);

/** Runs a tool in a folder; rejects with its last words, or a system error when it did not end by itself. Killed when the signal says so. */
export function run(tool: 'ffmpeg' | 'ffprobe', args: string[], cwd: string, signal: AbortSignal, onLine?: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', GUARD, 'sh', tool, '-v', 'error', ...args], {
      // Detached: a terminal's Ctrl-C is for this process alone, else the job would fail instead of waiting for the next start.
      cwd, signal, killSignal: 'SIGKILL', env: { PATH: process.env.PATH }, detached: true,
    });
    const lines: string[] = [];
    let errors = '';
    createInterface(child.stdout).on('line', onLine ?? ((line) => lines.push(line)));
    child.stderr.on('data', (chunk: Buffer) => { errors = (errors + chunk).slice(-2000); });
    child.once('error', (error) => { errors = error.message; });
    // Settled by the end and not by the abort: who stops us must find no child left.
    child.once('close', (code) => {
      // FFmpeg is content with a file that ends too early; MediaConvert is not.
      const cut = tool === 'ffmpeg' && /partial file/.exec(errors)?.[0];
      if (code === 0 && !cut) resolve(lines.join('\n'));
      else if (isSystemFault(code) && !signal.aborted) reject(systemError());
      else reject(new Error(cut || errors.trim().split('\n').at(-1) || `${tool} ended with ${code}`));
    });
  });
}

/** What is in a file of the folder. */
export const inspect = async (file: string, cwd: string, signal: AbortSignal, options: string[] = []): Promise<Media> =>
  JSON.parse(await run('ffprobe', [...options, '-show_format', '-show_streams', '-of', 'json', file], cwd, signal));

export const videoOf = ({ streams }: Media) => streams.find((stream) => stream.codec_type === 'video' && !stream.disposition?.attached_pic);
export const audiosOf = ({ streams }: Media) => streams.filter((stream) => stream.codec_type === 'audio' && stream.channels);
/** Clockwise degrees that make the picture upright, 0 for what is no right angle. */
export function rotationOf({ side_data_list: side = [] }: Stream): number {
  const turned = (360 - Math.round(side.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0)) % 360;
  return turned % 90 ? 0 : turned;
}
/** `30000/1001` as numbers; undefined for 0/0. */
export function fraction(text = ''): { numerator: number; denominator: number } | undefined {
  const [numerator, denominator] = text.split(/[/:]/).map(Number);
  return numerator > 0 && denominator > 0 ? { numerator, denominator } : undefined;
}
