import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'fs';
import { extname, join } from 'path';
import { CONFINED, inspect, jobError, run, SOURCE, systemError, videoOf } from './ffmpeg';
import type { Job } from './model';
import { planJob, type PlannedGroup } from './plan';
import { masterPlaylist, measure, type Measured } from './playlist';
import { parseS3 } from './rules';
import type { Access } from '../access/access';
import type { Store } from '../s3/store';
import { AwsError } from '../types';

export interface Tools { readonly access: Pick<Access, 'require'>; readonly store: Store; readonly signal: AbortSignal }
export const PHASES = ['PROBING', 'TRANSCODING', 'UPLOADING'] as const;
export type Phase = (typeof PHASES)[number];

const TYPES: Record<string, string> = { '.m3u8': 'application/vnd.apple.mpegurl', '.cmfv': 'video/mp4', '.cmfa': 'audio/mp4', '.ts': 'video/MP2T', '.jpg': 'image/jpeg' };

/** Creates a folder that contains only the source file, under a fixed name. Calls `work`, and then deletes the folder. */
export function inFolder<Result>(folder: string, source: string, work: () => Promise<Result>): Promise<Result> {
  mkdirSync(folder, { recursive: true });
  linkSync(source, join(folder, SOURCE)); // A hard link is possible, because the source and the folder are on the same file system.
  return work().finally(() => rmSync(folder, { recursive: true, force: true }));
}

/** A truncated file and an unsupported codec are errors of the source file. Any other error, such as a full disk, is a system error. */
export function transcodeFault(uri: string, message: string): AwsError {
  const code = message === 'partial file' ? 1076 : /decoder|codec|unsupported|not supported|pixel format/i.test(message) ? 1030 : undefined;
  return code ? jobError(code, `Unable to transcode input file [${uri}]: [${message}]`) : systemError();
}

export async function runJob(job: Job, folder: string, { access, store, signal }: Tools, onProgress: (phase: Phase, percent?: number) => void) {
  const uri = job.settings.inputs![0].fileInput!;
  const input = parseS3(uri, 'fileInput');
  const unreadable = (code: number, why: string) => jobError(code, `Unable to open input file [${uri}]: [Failed probe/open: [${why}]]`);
  const may = (action: string, { bucket, key }: { bucket: string; key: string }, refused: AwsError) =>
    access.require({ id: job.role!, kind: 'role' }, [{ action, resource: `arn:aws:s3:::${bucket}/${key}`, ...action === 's3:PutObject' && { parts: true } }]).catch(() => { throw refused; });
  onProgress('PROBING');
  await may('s3:GetObject', input, unreadable(1401, 'Failed to read data: Access Denied'));
  const source = await (async () => store.get(input.bucket, input.key))().catch(() => undefined);
  if (!source) throw unreadable(1404, 'Failed to read data: HeadObject failed');
  // AWS does not document the error for an archived object. The local stack uses the code of a denied request, because S3 returns 403 in both cases.
  if (source.storageClass) throw unreadable(1401, 'Failed to read data: GetObject failed');

  async function put(group: PlannedGroup, name: string, body: Buffer): Promise<string> {
    const at = { bucket: group.bucket, key: `${group.folder}${name}` };
    const target = `s3://${at.bucket}/${at.key}`;
    const unwritable = (code: number, why: string) => jobError(code, `Unable to write to output file [${target}]: [Failed to write data: ${why}]`);
    await may('s3:PutObject', at, unwritable(1401, 'Access Denied'));
    signal.throwIfAborted();
    await store.put(at.bucket, at.key, body, { contentType: TYPES[extname(name)] }).catch((error: Error) => { throw unwritable(1404, error.message); });
    return target;
  }

  async function upload(group: PlannedGroup, sourceSeconds: number) {
    const outputDetails = [];
    const measured: Measured[] = [];
    for (const rendition of group.renditions) {
      const { output: { videoDescription: video }, local, name } = rendition;
      const facts = group.segment && await measure(rendition, folder, signal);
      if (facts) measured.push(facts);
      const files = facts?.files ?? readdirSync(folder).filter((file) => file.startsWith(`${local}.`)).sort();
      let path = '';
      for (const file of files) path = await put(group, file.replace(local, () => name), readFileSync(join(folder, file)));
      if (facts) path = await put(group, `${name}.m3u8`, Buffer.from(facts.playlist));
      outputDetails.push({
        ...group.muxed && { outputFilePaths: [path] }, // MediaConvert reports only the last file
        durationInMs: Math.round((facts?.seconds ?? sourceSeconds) * 1000),
        ...video && { videoDetails: { widthInPx: video.width, heightInPx: video.height, averageBitrate: facts?.average } },
      });
    }
    // The multivariant playlist is written last, after all files that it names.
    const master = measured.length && await put(group, `${group.name}.m3u8`, Buffer.from(masterPlaylist(measured)));
    return { outputDetails, type: group.type, ...master && { playlistFilePaths: [master] } };
  }

  return inFolder(folder, source.path, async () => {
    const failing = (fault: (message: string) => AwsError) => (error: Error) => {
      throw signal.aborted || error instanceof AwsError ? error : fault(error.message);
    };
    const media = await inspect(SOURCE, folder, signal, CONFINED).catch(failing(() => unreadable(1010, 'No parser found for container')));
    const { args, groups, seconds } = planJob(job.settings, media);
    const progress = (phase: Phase, percent: number) => onProgress(phase, videoOf(media) && Math.min(99, Math.floor(percent)));
    await run('ffmpeg', args, folder, signal, (line) => {
      const done = Number(/^out_time_us=(\d+)/.exec(line)?.[1]) / 1e4 / seconds;
      if (seconds && done >= 0) progress('TRANSCODING', done);
    }).catch(failing((message) => transcodeFault(uri, message)));
    progress('UPLOADING', 99);
    const details = [];
    for (const group of groups) details.push(await upload(group, seconds));
    return details;
  });
}
