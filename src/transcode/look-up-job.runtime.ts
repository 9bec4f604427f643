import { GetJobCommand, Job, MediaConvertClient, NotFoundException } from '@aws-sdk/client-mediaconvert';
import { JobMetadata, parseJobMetadata } from './job/job-metadata';
import { knownPoster } from './job/poster';
import type { JobEnd, JobOutput } from './record-job-end.runtime';
import { posterPrefix } from '../domain/object-keys';

/** The state of a job in MediaConvert. `gone`: the job no longer exists, because MediaConvert keeps jobs for three months only. */
export type JobState = 'running' | 'gone' | { readonly job: JobMetadata; readonly end: JobEnd };

/** Throws if MediaConvert does not respond. */
export async function lookUpJob(client: MediaConvertClient, jobId: string, abortSignal: AbortSignal): Promise<JobState> {
  const found = await getJob(client, jobId, abortSignal);
  if (!found) return 'gone';
  const { Status, UserMetadata } = found;
  if (Status !== 'COMPLETE' && Status !== 'ERROR' && Status !== 'CANCELED') return 'running';
  const job = parseJobMetadata(UserMetadata);
  if (!job) throw new Error(`the job ${jobId} has no user metadata of this service`);
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

/**
 * The response of GetJob contains no file names, so this function computes the name of the poster. The details of an output group are found by its position,
 * because the groups have the same order in the response and in the job's settings.
 */
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
