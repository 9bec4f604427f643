import { SQSClient } from '@aws-sdk/client-sqs';
import { requestJob } from './request-job.runtime';
import { retryVideos } from './retry-videos.runtime';
import { serveRoutes } from '../runtime/http';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, SUBMIT_QUEUE_URL, UPLOADS_PER_DAY, ROLES } = readEnvironment('transcode/retry-videos');
// By default, an SQS client uses the host in the queue URL, and not the regional endpoint.
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });

export const handler = serveRoutes('transcode/retry-videos', retryVideos({
  videos: videoRepository(TABLE_NAME),
  roles: ROLES,
  requestJob: (message) => requestJob({ sqs, submitQueueUrl: SUBMIT_QUEUE_URL }, message),
  uploadsPerDay: UPLOADS_PER_DAY,
  clock: () => new Date(),
}));
