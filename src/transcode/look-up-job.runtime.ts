import { GetJobCommand, Job, MediaConvertClient, NotFoundException } from '@aws-sdk/client-mediaconvert';
import { JobMetadata, parseJobMetadata } from './job/job-metadata';
import { knownPoster } from './job/poster';
import type { JobEnd, JobOutput } from './record-job-end.runtime';
import { posterPrefix } from '../domain/object-keys';

/** What MediaConvert's API says of a job. `gone`: it keeps jobs for three months. */
export type JobState = 'running' | 'gone' | { readonly job: JobMetadata; readonly end: JobEnd };

/** Asks MediaConvert what has become of a job. Throws if it does not answer. */
export async function lookUpJob(client: MediaConvertClient, jobId: string, abortSignal: AbortSignal): Promise<JobState> {
  const found = await getJob(client, jobId, abortSignal);
  if (!found) return 'gone';
  const { Status, UserMetadata } = found;
  if (Status !== 'COMPLETE' && Status !== 'ERROR' && Status !== 'CANCELED') return 'running';
  const job = parseJobMetadata(UserMetadata);
  if (!job) throw new Error(`the job ${jobId} does not say whose it is`);
  return { job, end: { status: Status, errorCode: found.ErrorCode, errorMessage: found.ErrorMessage, ...madeBy(found, job) } };
}

async function getJob(client: MediaConvertClient, Id: string, abortSignal: AbortSignal): Promise<Job | undefined> {
  try {
    return (await client.send(new GetJobCommand({ Id }), { abortSignal })).Job;
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
}

/** Unlike a job's event, the API names no files, and its groups of outputs are known by their places in the settings only. */
function madeBy({ Settings, OutputGroupDetails = [] }: Job, { videoId, attempt }: JobMetadata): Pick<JobEnd, 'outputs' | 'poster'> {
  const groups = Settings?.OutputGroups ?? [];
  const cmaf = groups.findIndex(({ OutputGroupSettings }) => OutputGroupSettings?.Type === 'CMAF_GROUP_SETTINGS');
  const outputs = (OutputGroupDetails[cmaf]?.OutputDetails ?? []).map(({ DurationInMs, VideoDetails }): JobOutput => ({
    durationMs: DurationInMs,
    video: VideoDetails && { width: VideoDetails.WidthInPx ?? 0, height: VideoDetails.HeightInPx ?? 0 },
  }));
  const [secondsApart] = groups.flatMap(({ Outputs = [] }) => Outputs)
    .flatMap(({ VideoDescription }) => VideoDescription?.CodecSettings?.FrameCaptureSettings?.FramerateDenominator ?? []);
  const seconds = Math.max(0, ...outputs.map(({ durationMs = 0 }) => durationMs)) / 1000;
  return { outputs, poster: secondsApart === undefined ? undefined : knownPoster(posterPrefix(videoId, attempt), secondsApart, seconds) };
}
