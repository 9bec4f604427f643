import { readVideos } from './read-videos.lambda-shared';
import { readEnvironment } from '../runtime/environment';
import { serveRoutes } from '../runtime/http';
import { videoRepository } from '../runtime/video-repository';

const { TABLE_NAME, ORIGIN } = readEnvironment('catalog/read-videos');

export const handler = serveRoutes('catalog/read-videos', readVideos(videoRepository(TABLE_NAME), ORIGIN));
