import type { VideoDetails } from '../../../src/contract/table';
import type { NewVideo } from '../../../src/runtime/rows/upload-rows';
import type { VideoRepository } from '../../../src/runtime/rows/video-repository';
import { idOf } from '../../runtime/rows/catalog-table';

/** `set` writes directly to the table, as a route of a later version could do. */
export interface Filling {
  readonly videos: Omit<VideoRepository, 'create'> & { create(video: NewVideo, details: VideoDetails): Promise<unknown> };
  readonly set: (videoId: string, attributes: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

export const FILLED = {
  waiting: idOf(1), waitingPrivate: idOf(2), uploaded: idOf(3), claimed: idOf(4), processing: idOf(5), ready: idOf(6), unlisted: idOf(7), private: idOf(8),
  refused: idOf(9), abandoned: idOf(10), secondAttempt: idOf(11), readyAtSecond: idOf(12), edited: idOf(13), held: idOf(14), deleting: idOf(15),
  others: idOf(16),
} as const;
export type Filled = keyof typeof FILLED;

export const FILLED_AT = new Date('2026-11-22T10:00:00.000Z');

const LONG_AGO = new Date(0);
const RESULT = {
  media: { hls: 'v/1/1/hls/index.m3u8', poster: 'v/1/1/poster.jpg' },
  renditions: [{ codec: 'h264', width: 640, height: 360, bitsPerSecond: 600_000 }],
  durationSeconds: 6.5,
  width: 1920,
  height: 1080,
};
const DETAILS: VideoDetails = { description: 'About it\nin two lines', metadata: { course: 'Physics', year: '2026' } };
const WITH_DETAILS: readonly Filled[] = ['waitingPrivate', 'processing', 'ready', 'abandoned', 'deleting'];
const VISIBILITIES: { readonly [name in Filled]?: NewVideo['visibility'] } = { waitingPrivate: 'private', private: 'private', unlisted: 'unlisted' };

/** The files of all formats were written with these calls. */
export async function fill({ videos, set }: Filling): Promise<void> {
  for (const [name, videoId] of Object.entries(FILLED)) {
    await videos.create({
      videoId,
      owner: name === 'others' ? 'bob' : 'ann',
      title: `The ${name} one`,
      tags: name === 'ready' ? ['a', 'b'] : [],
      visibility: VISIBILITIES[name as Filled] ?? 'signed-in',
      source: { bucket: 'sources', key: `source/${videoId}/original`, fileName: 'a film.mp4', contentType: 'video/mp4', size: 1000 },
      ...(name === 'waitingPrivate' && { multipart: { id: 'upload-1', partSize: 16 * 2 ** 20 } }),
    }, WITH_DETAILS.includes(name as Filled) ? DETAILS : {});
    if (!name.startsWith('waiting')) await videos.markUploaded(videoId, 1234);
  }
  const abandon = async (videoId: string) => {
    await videos.claim(videoId, 1, 'token', LONG_AGO);
    await videos.abandon(videoId, 1, 'token', { code: 'internal', message: 'it could not be transcoded' });
  };
  const process = async (videoId: string, attempt = 1) => {
    await videos.claim(videoId, attempt, 'token', LONG_AGO);
    await videos.recordJob(videoId, attempt, `job-${attempt}`);
    await videos.recordProgress(videoId, attempt, 40);
  };
  await videos.claim(FILLED.claimed, 1, 'token', LONG_AGO);
  await process(FILLED.processing);
  for (const videoId of [FILLED.ready, FILLED.unlisted, FILLED.private, FILLED.edited, FILLED.deleting, FILLED.others]) {
    await process(videoId);
    await videos.recordReady(videoId, 1, RESULT);
  }
  await videos.recordError(FILLED.refused, 1, { code: 'not_a_video', message: 'the file is no video' });
  await abandon(FILLED.abandoned);
  for (const videoId of [FILLED.secondAttempt, FILLED.readyAtSecond]) {
    await abandon(videoId);
    await videos.reopen(videoId, 1);
  }
  await process(FILLED.readyAtSecond, 2);
  await videos.recordReady(FILLED.readyAtSecond, 2, RESULT);
  await set(FILLED.edited, { title: 'Another title', revision: 2 });
  await process(FILLED.held);
  await set(FILLED.held, { status: 'held' });
  await set(FILLED.deleting, { status: 'deleting' });
}
