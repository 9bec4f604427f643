import type { EventBridgeEvent } from 'aws-lambda';
import type { VideoRow } from '../contract/table';
import type { JOB_EVENT, JobStatus } from '../contract/transcode';
import { JobMetadata, parseJobMetadata } from './job/job-metadata';
import { findPoster } from './job/poster';
import { JobEnd, JobOutput, recordJobEnd } from './record-job-end.runtime';
import { posterPrefix } from '../domain/object-keys';
import type { VideoRepository } from '../runtime/rows/video-repository';

/** The fields that the handler reads (see "Using EventBridge with AWS Elemental MediaConvert"). */
export interface JobEventDetail {
  readonly jobId: string;
  readonly status: JobStatus;
  readonly userMetadata?: Readonly<Record<string, string>>;
  readonly jobProgress?: { readonly jobPercentComplete?: number };
  readonly errorCode?: number;
  readonly errorMessage?: string;
  readonly outputGroupDetails?: readonly OutputGroupDetail[];
}

interface OutputGroupDetail {
  readonly type: string;
  readonly outputDetails?: readonly OutputDetail[];
}

interface OutputDetail {
  readonly outputFilePaths?: readonly string[];
  readonly durationInMs?: number;
  readonly videoDetails?: { readonly widthInPx?: number; readonly heightInPx?: number; readonly averageBitrate?: number };
}

export type JobEvent = EventBridgeEvent<typeof JOB_EVENT, JobEventDetail>;

export interface RecordJobEventPorts {
  readonly videos: VideoRepository;
  readonly mediaBucket: string;
}

/** Late events, repeated events and events of unknown jobs change nothing. */
export function recordJobEvents(ports: RecordJobEventPorts): (event: JobEvent) => Promise<void> {
  return async ({ detail }) => {
    const { jobId, status } = detail;
    const job = parseJobMetadata(detail.userMetadata);
    if (!job) return console.warn({ message: 'ignored: not a job of this service', jobId });
    const { videoId, attempt } = job;

    const row = await adopt(ports.videos, job, jobId);
    if (row?.attempt !== attempt || row.jobId !== jobId) {
      // Only events of the recorded job of the current attempt change the video (docs/decisions/003).
      return console.warn({ message: 'ignored: not the recorded job of the video', jobId, status, videoId, attempt, recorded: row && { attempt: row.attempt, jobId: row.jobId } });
    }
    if (status === 'STATUS_UPDATE') {
      const percent = detail.jobProgress?.jobPercentComplete;
      if (percent !== undefined) await ports.videos.recordProgress(videoId, attempt, percent);
      return;
    }
    const { errorCode, errorMessage } = detail;
    const recorded = await recordJobEnd(ports.videos, job, endOf(detail, job, ports.mediaBucket));
    console.info({ message: 'job ended', jobId, status, videoId, attempt, errorCode, errorMessage, recorded });
  };
}

/** Records the job if the submit function has not recorded the job yet. */
async function adopt(videos: VideoRepository, { videoId, attempt }: JobMetadata, jobId: string): Promise<VideoRow | undefined> {
  const row = await videos.find(videoId);
  if (row?.attempt !== attempt || row.status !== 'uploaded') return row;
  await videos.recordJob(videoId, attempt, jobId);
  return videos.find(videoId);
}

function endOf({ status, errorCode, errorMessage, outputGroupDetails = [] }: JobEventDetail, { videoId, attempt }: JobMetadata, mediaBucket: string): JobEnd {
  const outputs = outputGroupDetails.find(({ type }) => type === 'CMAF_GROUP')?.outputDetails ?? [];
  const files = outputGroupDetails.filter(({ type }) => type === 'FILE_GROUP')
    .flatMap(({ outputDetails = [] }) => outputDetails.flatMap(({ outputFilePaths = [] }) => outputFilePaths));
  return {
    status: status as JobEnd['status'],
    errorCode,
    errorMessage,
    outputs: outputs.map(({ durationInMs, videoDetails: video }): JobOutput => ({
      durationMs: durationInMs,
      video: video && { width: video.widthInPx ?? 0, height: video.heightInPx ?? 0, bitsPerSecond: video.averageBitrate },
    })),
    poster: findPoster(files, mediaBucket, posterPrefix(videoId, attempt)),
  };
}
