import { copyFileSync, createReadStream, linkSync, mkdirSync, readdirSync, rmSync } from 'fs';
import { join } from 'path';
import type { Body, Store } from '../s3/store';
import type { Access, AwsError } from '../types';
import { CONFINED, inspect, run, SOURCE, videoOf } from './ffmpeg';
import type { Job } from './model';
import { planJob, type PlannedGroup, type Rendition } from './plan';
import { masterPlaylist, measure, type Measured } from './playlist';
import { isCapture, JobError, parseS3 } from './rules';

export interface Tools { readonly access: Pick<Access, 'require'>; readonly store: Store; readonly signal: AbortSignal }
export type Phase = 'PROBING' | 'TRANSCODING' | 'UPLOADING';
/** An output group as the COMPLETE event tells it. */
export interface GroupDetail {
  outputDetails: { outputFilePaths?: string[]; durationInMs: number; videoDetails?: { widthInPx: number; heightInPx: number; averageBitrate?: number } }[];
  type: string;
  playlistFilePaths?: string[];
}

const TYPES: Record<string, string> = { m3u8: 'application/vnd.apple.mpegurl', cmfv: 'video/mp4', cmfa: 'audio/mp4', ts: 'video/MP2T', jpg: 'image/jpeg' };

/** Opens a file only when it is read, so that none stays open when a put is refused. */
async function* lazily(file: string): AsyncGenerator<Buffer> {
  yield* createReadStream(file) as AsyncIterable<Buffer>;
}

/** A private folder that holds the source under a fixed name, so that nothing in it can be reached by its own name. */
export function inFolder<Result>(folder: string, source: string, work: () => Promise<Result>): Promise<Result> {
  mkdirSync(folder, { recursive: true });
  try {
    linkSync(source, join(folder, SOURCE));
  } catch {
    copyFileSync(source, join(folder, SOURCE)); // another file system
  }
  return work().finally(() => rmSync(folder, { recursive: true, force: true }));
}

/** Runs a job in its role's name from source to bucket. */
export async function runJob(job: Job, folder: string, { access, store, signal }: Tools, onProgress: (phase: Phase, percent?: number) => void) {
  const uri = job.settings.inputs![0].fileInput!;
  const { bucket, key } = parseS3(uri, 'fileInput');
  const unreadable = (code: number, why: string) => new JobError(code, `Unable to open input file [${uri}]: [Failed probe/open: [${why}]]`);
  const may = (action: string, at: { bucket: string; key: string }, refused: JobError) =>
    access.require({ id: job.role!, kind: 'role' }, [{ action, resource: `arn:aws:s3:::${at.bucket}/${at.key}` }]).catch((error: AwsError) => {
      throw error.code === 'AccessDenied' ? refused : error;
    });
  onProgress('PROBING');
  await may('s3:GetObject', { bucket, key }, unreadable(1401, 'Failed to read data: Access Denied'));
  const source = await (async () => store.path(bucket, key))().catch(() => undefined);
  if (!source) throw unreadable(1404, 'Failed to read data: HeadObject failed');

  async function put(group: PlannedGroup, name: string, body: Body): Promise<string> {
    const at = { bucket: group.bucket, key: `${group.key.slice(0, group.key.lastIndexOf('/') + 1)}${name}` };
    const target = `s3://${at.bucket}/${at.key}`;
    const unwritable = (code: number, why: string) => new JobError(code, `Unable to write to output file [${target}]: [Failed to write data: ${why}]`);
    await may('s3:PutObject', at, unwritable(1401, 'Access Denied'));
    signal.throwIfAborted();
    await store.put(at.bucket, at.key, body, { contentType: TYPES[name.slice(name.lastIndexOf('.') + 1)] }).catch((error: Error) => { throw unwritable(1404, error.message); });
    return target;
  }

  async function upload(group: PlannedGroup, seconds: number): Promise<GroupDetail> {
    const detail: GroupDetail = { outputDetails: [], type: group.type };
    const measured: Measured[] = [];
    const send = (rendition: Rendition, file: string) => put(group, file.replace(rendition.local, () => rendition.name), lazily(join(folder, file)));
    for (const rendition of group.renditions) {
      const captures = isCapture(rendition.output) && readdirSync(folder).filter((file) => file.startsWith(`${rendition.local}.`)).sort();
      const facts = captures ? { files: captures, seconds, average: undefined } : measure(rendition, folder);
      // A playlist of our own making, so this once the demuxer that follows names is safe.
      const { streams } = captures ? await inspect(captures[0], folder, signal)
        : await inspect(`${rendition.local}.m3u8`, folder, signal, ['-protocol_whitelist', 'file', '-allowed_extensions', 'ALL']);
      let path = '';
      for (const file of facts.files) path = await send(rendition, file);
      if ('playlist' in facts) {
        measured.push({ ...facts, streams });
        path = await put(group, `${rendition.name}.m3u8`, Buffer.from(facts.playlist));
      }
      const picture = streams.find(({ codec_type: type }) => type === 'video');
      detail.outputDetails.push({
        ...group.type !== 'CMAF_GROUP' && { outputFilePaths: [path] },
        durationInMs: Math.round(facts.seconds * 1000),
        ...picture && { videoDetails: { widthInPx: picture.width!, heightInPx: picture.height!, ...facts.average && { averageBitrate: facts.average } } },
      });
    }
    // The playlist of playlists last: who finds it finds all that it names.
    const master = `${group.key.slice(group.key.lastIndexOf('/') + 1)}.m3u8`;
    return measured.length ? { ...detail, playlistFilePaths: [await put(group, master, Buffer.from(masterPlaylist(measured)))] } : detail;
  }

  return inFolder(folder, source, async () => {
    const failing = (fault: (message: string) => JobError) => (error: Error) => { throw signal.aborted ? error : fault(error.message); };
    const media = await inspect(SOURCE, folder, signal, CONFINED).catch(failing(() => unreadable(1010, 'No parser found for container')));
    const plan = planJob(job, media);
    const progress = (phase: Phase, percent: number) => onProgress(phase, videoOf(media) && Math.min(99, Math.floor(percent)));
    progress('TRANSCODING', 0);
    await run('ffmpeg', plan.args, folder, signal, (line) => {
      const done = Number(/^out_time_us=(\d+)/.exec(line)?.[1]) / 1e4 / plan.seconds;
      if (plan.seconds && done >= 0) progress('TRANSCODING', done);
    }).catch(failing((message) => new JobError(message === 'partial file' ? 1076 : 1030, `Unable to transcode input file [${uri}]: [${message}]`)));
    progress('UPLOADING', 99);
    const details: GroupDetail[] = [];
    for (const group of plan.groups) details.push(await upload(group, plan.seconds));
    return { details, warnings: plan.warnings };
  });
}
