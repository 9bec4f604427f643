import { spawn } from 'child_process';
import { createInterface } from 'readline';
import { AwsError } from '../types';

/**
 * The supported containers of a source file. Formats that can reference a file or URL are excluded: playlists, concat scripts, manifests, images and text
 * subtitles. With `-protocol_whitelist file`, a reference inside a container can reach only files in the private working folder.
 */
const DEMUXERS = 'mov,matroska,mpegts,mpeg,avi,asf,mxf,ogg,flac,mp3,aac,wav,ac3,eac3';
export const SOURCE = 'source';
export const CONFINED = ['-protocol_whitelist', 'file', '-format_whitelist', DEMUXERS];

export interface Media { format: { format_name: string; duration?: string; tags?: Record<string, string> }; streams: Stream[] }
export interface Stream {
  index: number; codec_name?: string; codec_type: string; profile?: string; level?: number; width?: number; height?: number; sample_aspect_ratio?: string;
  r_frame_rate: string; avg_frame_rate: string; bit_rate?: string; duration?: string; channels?: number; sample_rate?: string;
  disposition?: { attached_pic?: number }; side_data_list?: { rotation?: number }[];
}

export const jobError = (code: number, message: string) => new AwsError(`${code}`, message);

/** A shell script that runs its arguments as a command. When this process ends, the script's standard input closes, and the script kills the command. */
const GUARD = 'exec 3<&0; "$@" </dev/null & tool=$!; (read _ <&3; kill -9 $tool) >/dev/null 2>&1 & guard=$!; wait $tool; code=$?; kill -9 $guard; exit $code';

/** MediaConvert's "Unexpected system error": a failure that the source file did not cause. */
export const systemError = () => jobError(1999, 'Unknown error');

/** True if the tool was killed by a signal, was stopped after a signal (255), or could not start (126, 127). */
const isSystemFault = (code: number | null) => code === null || code === 255 || (code >= 126 && code < 160);

/** Rejects with the last line of the tool's error output, or with a system error if the tool was killed. */
export function run(tool: 'ffmpeg' | 'ffprobe', args: string[], cwd: string, signal: AbortSignal, onLine?: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', GUARD, 'sh', tool, '-v', 'error', ...args], {
      // The tool runs detached. If it did not, Ctrl-C in a terminal would kill the tool, and the job would fail.
      cwd, signal, killSignal: 'SIGKILL', env: { PATH: process.env.PATH }, detached: true,
    });
    const lines: string[] = [];
    let errors = '';
    createInterface(child.stdout).on('line', onLine ?? ((line) => lines.push(line)));
    child.stderr.on('data', (chunk: Buffer) => { errors = (errors + chunk).slice(-2000); });
    child.once('error', (error) => { errors = error.message; });
    // The promise settles only at `close`, which is emitted after the process has ended. So after a stop, no FFmpeg process remains.
    child.once('close', (code) => {
      // FFmpeg only warns about a truncated file, but MediaConvert rejects it.
      const cut = tool === 'ffmpeg' && /partial file/.exec(errors)?.[0];
      if (code === 0 && !cut) resolve(lines.join('\n'));
      else if (isSystemFault(code) && !signal.aborted) reject(systemError());
      else reject(new Error(cut || errors.trim().split('\n').at(-1) || `${tool} exited with code ${code}`));
    });
  });
}

export const inspect = async (file: string, cwd: string, signal: AbortSignal, options: string[] = []): Promise<Media> =>
  JSON.parse(await run('ffprobe', [...options, '-show_format', '-show_streams', '-of', 'json', file], cwd, signal));

export const videoOf = ({ streams }: Media) => streams.find((stream) => stream.codec_type === 'video' && !stream.disposition?.attached_pic);
export const audiosOf = ({ streams }: Media) => streams.filter((stream) => stream.codec_type === 'audio' && stream.channels);
/** Returns the clockwise rotation in degrees that makes the picture upright, or 0 if the rotation is not a multiple of 90. */
export function rotationOf({ side_data_list: side = [] }: Stream): number {
  const turned = (360 - Math.round(side.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0)) % 360;
  return turned % 90 ? 0 : turned;
}
export function fraction(text = ''): { numerator: number; denominator: number } | undefined {
  const [numerator, denominator] = text.split(/[/:]/).map(Number);
  return numerator > 0 && denominator > 0 ? { numerator, denominator } : undefined;
}
