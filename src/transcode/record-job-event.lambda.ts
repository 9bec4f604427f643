import { recordJobEvents } from './record-job-event.runtime';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, MEDIA_BUCKET } = readEnvironment('transcode/record-job-event');

export const handler = recordJobEvents({ videos: videoRepository(TABLE_NAME), mediaBucket: MEDIA_BUCKET });
