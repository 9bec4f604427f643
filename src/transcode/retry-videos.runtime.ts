import { etagOf } from '../catalog/etag.runtime';
import type { Roles } from '../contract/roles';
import type { VideoRow } from '../contract/table';
import type { SubmitMessage } from '../contract/transcode';
import { startOfTomorrow } from '../domain/quotas';
import { MAX_ATTEMPTS } from '../domain/video-status';
import { decide, isAdmin } from '../roles/decide';
import { HttpProblem } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations } from '../runtime/route-types';
import { QuotaExceeded } from '../runtime/rows/day-counter';
import type { VideoRepository } from '../runtime/rows/video-repository';
import { toVideo } from '../runtime/video-view';

export interface RetryVideosPorts {
  readonly videos: Pick<VideoRepository, 'findWhole' | 'retry'>;
  readonly roles: Roles;
  /** Sends a message to the submit queue. */
  readonly requestJob: (message: SubmitMessage) => Promise<void>;
  /** The quota with which the retries of owners are counted. */
  readonly uploadsPerDay: number;
  readonly clock: () => Date;
}

export function retryVideos({ videos, roles, requestJob, uploadsPerDay, clock }: RetryVideosPorts): Operations<'transcode/retry-videos'> {
  return {
    async retryVideo({ caller, path: { videoId } }): Promise<AnswerOf<'retryVideo'>> {
      const whole = await videos.findWhole(videoId);
      const decision = decide(caller, { type: 'manage', video: whole?.row }, roles, clock());
      if (!whole || decision !== 'allowed') throw refusal(decision);
      checkRetry(whole.row);
      const row = await start(whole.row, isAdmin(caller, roles));
      if (!row) throw new HttpProblem('wrong_status', 'the video changed at the same moment. Perhaps another request started the next attempt. Read the video again');
      await submit(row);
      return { body: toVideo(row, { caller, roles }, whole.details), headers: { etag: etagOf(row) } };
    },
  };

  async function start(row: VideoRow, byAdmin: boolean): Promise<VideoRow | undefined> {
    try {
      return await videos.retry(row, byAdmin ? undefined : uploadsPerDay);
    } catch (error) {
      if (!(error instanceof QuotaExceeded)) throw error;
      throw new HttpProblem('limit_reached', `you have started ${uploadsPerDay} uploads and retries today, which is the limit. You can retry the video at ${startOfTomorrow(clock())}`);
    }
  }

  /** The new attempt is stored, so a lost message is no error: the sweeper sends the message of an `uploaded` video again. */
  async function submit({ videoId, attempt }: VideoRow): Promise<void> {
    try {
      await requestJob({ videoId, attempt });
      console.info({ message: 'attempt started', videoId, attempt });
    } catch (error) {
      console.error({ message: 'attempt started, but its job was not requested. The sweeper requests the job', videoId, attempt, error: String(error) });
    }
  }
}

function checkRetry({ status, error, source, attempt }: VideoRow): void {
  if (status !== 'errored') throw new HttpProblem('wrong_status', `only a video with the status errored can be retried; this video has the status ${status}`);
  if (error?.code === 'upload_expired') throw new HttpProblem('source_unavailable', 'the upload of the video was not completed. Upload the file again');
  if (source.state) throw new HttpProblem('source_unavailable', `the source file of the video was ${source.state}. Upload the file again`);
  if (attempt >= MAX_ATTEMPTS) throw new HttpProblem('limit_reached', `the video had ${attempt} attempts, and at most ${MAX_ATTEMPTS} are allowed. Upload the file again`);
}
