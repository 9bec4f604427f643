import { readVideos } from './read-videos.lambda-shared';
import { serveRoutes } from '../runtime/http';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/video-repository';

const { TABLE_NAME, ORIGIN } = readEnvironment('catalog/read-videos');

export const handler = serveRoutes('catalog/read-videos', readVideos(videoRepository(TABLE_NAME), ORIGIN));
