import { copyFileSync, createReadStream, linkSync, mkdirSync, readdirSync, rmSync } from 'fs';
import { join } from 'path';
import type { Body, Store } from '../s3/store';
import type { Access, AwsError, Need } from '../types';
import { CONFINED, inspect, run, SOURCE, videoOf, type Media } from './ffmpeg';
import type { Job } from './model';
import { planJob, type PlannedGroup } from './plan';
import { masterPlaylist, measure, type Measured } from './playlist';
import { isCapture, JobError, parseS3 } from './rules';

export interface Tools { readonly access: Access; readonly store: Store; readonly signal: AbortSignal }
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
  const uri = job.settings!.inputs![0].fileInput!;
  const unreadable = (code: number, why: string) => new JobError(code, `Unable to open input file [${uri}]: [Failed probe/open: [${why}]]`);
  const may = (needs: Need[], refused: JobError) => access.require({ id: job.role!, kind: 'role' }, needs).catch((error: AwsError) => {
    throw error.code === 'AccessDenied' ? refused : error;
  });
  onProgress('PROBING');
  const { bucket, key } = parseS3(uri, 'fileInput');
  await may([{ action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}` }], unreadable(1401, 'Failed to read data: Access Denied'));
  const source = (() => { try { return store.path(bucket, key); } catch { return undefined; } })();
  if (!source) throw unreadable(1404, 'Failed to read data: HeadObject failed');

  return inFolder(folder, source, async () => {
    const media: Media = await inspect(SOURCE, folder, signal, CONFINED).catch((error: Error) => {
      throw signal.aborted ? error : unreadable(1010, 'No parser found for container');
    });
    const plan = planJob(job, media);
    onProgress('TRANSCODING', videoOf(media) && 0);
    await run('ffmpeg', plan.args, folder, signal, (line) => {
      const done = Number(/^out_time_us=(\d+)/.exec(line)?.[1]) / 1e6 / plan.seconds;
      if (plan.seconds && done >= 0) onProgress('TRANSCODING', videoOf(media) && Math.min(99, Math.floor(done * 100)));
    }).catch((error: Error) => { throw signal.aborted ? error : new JobError(error.message === 'partial file' ? 1076 : 1030, `Unable to transcode input file [${uri}]: [${error.message}]`); });
    onProgress('UPLOADING', videoOf(media) && 99);

    const put = async (group: PlannedGroup, name: string, body: Body, contentType: string) => {
      const path = `${group.key.slice(0, group.key.lastIndexOf('/') + 1)}${name}`;
      const target = `s3://${group.bucket}/${path}`;
      await may([{ action: 's3:PutObject', resource: `arn:aws:s3:::${group.bucket}/${path}` }],
        new JobError(1401, `Unable to write to output file [${target}]: [Failed to write data: Access Denied]`));
      signal.throwIfAborted();
      await store.put(group.bucket, path, body, { contentType }).catch((error: AwsError) => { throw new JobError(1404, `Unable to write to output file [${target}]: [${error.message}]`); });
      return target;
    };
    const send = (group: PlannedGroup, rendition: { local: string; name: string }, file: string) =>
      put(group, file.replace(rendition.local, () => rendition.name), lazily(join(folder, file)), TYPES[file.slice(file.lastIndexOf('.') + 1)]);

    const details: GroupDetail[] = [];
    for (const group of plan.groups) {
      const detail: GroupDetail = { outputDetails: [], type: group.type };
      details.push(detail);
      const measured: Measured[] = [];
      for (const rendition of group.renditions) {
        if (isCapture(rendition.output)) {
          const paths: string[] = [];
          const files = readdirSync(folder).filter((file) => file.startsWith(`${rendition.local}.`)).sort();
          for (const file of files) paths.push(await send(group, rendition, file));
          const picture = (await inspect(files[0], folder, signal)).streams[0];
          const videoDetails = { widthInPx: picture.width!, heightInPx: picture.height! };
          detail.outputDetails.push({ outputFilePaths: paths.slice(-1), durationInMs: Math.round(plan.seconds * 1000), videoDetails });
          continue;
        }
        const facts = measure(rendition, folder);
        // Our own playlist, so this once the demuxer that follows names is safe.
        const { streams } = await inspect(`${rendition.local}.m3u8`, folder, signal, ['-protocol_whitelist', 'file', '-allowed_extensions', 'ALL']);
        measured.push({ ...facts, streams });
        for (const file of facts.files) await send(group, rendition, file);
        const manifest = await put(group, `${rendition.name}.m3u8`, Buffer.from(facts.playlist), TYPES.m3u8);
        const picture = streams.find(({ codec_type: type }) => type === 'video');
        detail.outputDetails.push({
          ...group.type === 'HLS_GROUP' && { outputFilePaths: [manifest] },
          durationInMs: Math.round(facts.seconds * 1000),
          ...picture && { videoDetails: { widthInPx: picture.width!, heightInPx: picture.height!, averageBitrate: facts.average } },
        });
      }
      // The playlist of playlists last: who finds it finds all that it names.
      const name = `${group.key.slice(group.key.lastIndexOf('/') + 1)}.m3u8`;
      if (measured.length) detail.playlistFilePaths = [await put(group, name, Buffer.from(masterPlaylist(measured)), TYPES.m3u8)];
    }
    return { details, warnings: plan.warnings };
  });
}
