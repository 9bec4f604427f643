import { recordJobEvents } from './record-job-event.runtime';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, MEDIA_BUCKET, SOURCE_LIFECYCLE } = readEnvironment('transcode/record-job-event');

export const handler = recordJobEvents({ videos: videoRepository(TABLE_NAME, { sourceLifecycle: SOURCE_LIFECYCLE }), mediaBucket: MEDIA_BUCKET });
