import { MediaConvertClient } from '@aws-sdk/client-mediaconvert';
import { submitJobs } from './submit-job.runtime';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, MEDIA_BUCKET, QUEUE_ARN, JOB_ROLE_ARN, TRANSCODE_SETTINGS, MAX_RECEIVES } = readEnvironment('transcode/submit-job');

export const handler = submitJobs({
  videos: videoRepository(TABLE_NAME),
  client: new MediaConvertClient({ maxAttempts: 5 }),
  clock: () => new Date(),
  settings: TRANSCODE_SETTINGS,
  mediaBucket: MEDIA_BUCKET, queueArn: QUEUE_ARN, jobRoleArn: JOB_ROLE_ARN, maxReceives: MAX_RECEIVES,
});
