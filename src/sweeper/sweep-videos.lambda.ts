import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { MediaConvertClient } from '@aws-sdk/client-mediaconvert';
import { SQSClient } from '@aws-sdk/client-sqs';
import { sweepVideos } from './sweep-videos.runtime';
import { SOURCE_PREFIX } from '../domain/object-keys';
import { readEnvironment } from '../runtime/read-environment';
import { dueVideos } from '../runtime/rows/due-videos';
import { videoRepository } from '../runtime/rows/video-repository';
import { multipartUploads } from '../upload/multipart-uploads.runtime';
import { sourceObjects } from '../upload/source-objects.runtime';

const { TABLE_NAME, SUBMIT_QUEUE_URL, SOURCE_BUCKET, UPLOAD_EXPIRY, SOURCE_LIFECYCLE, INGEST_SOURCES = [] } = readEnvironment('sweeper/sweep-videos');
const client = new DynamoDBClient({});

export const handler = sweepVideos({
  videos: videoRepository(TABLE_NAME, { client, sourceLifecycle: SOURCE_LIFECYCLE }),
  due: dueVideos(TABLE_NAME, client),
  clock: () => new Date(),
  transcode: SUBMIT_QUEUE_URL === undefined ? undefined : {
    // By default, an SQS client uses the host in the queue URL, and not the regional endpoint.
    sqs: new SQSClient({ useQueueUrlAsEndpoint: false }),
    submitQueueUrl: SUBMIT_QUEUE_URL,
    mediaConvert: new MediaConvertClient({}),
  },
  upload: SOURCE_BUCKET === undefined || UPLOAD_EXPIRY === undefined ? undefined : { uploads: multipartUploads(SOURCE_BUCKET), expiry: UPLOAD_EXPIRY },
  sources: SOURCE_BUCKET === undefined || SOURCE_LIFECYCLE === undefined ? undefined
    : { objects: sourceObjects(), action: SOURCE_LIFECYCLE.action, prefixes: [{ bucket: SOURCE_BUCKET, prefix: SOURCE_PREFIX }, ...INGEST_SOURCES] },
});
