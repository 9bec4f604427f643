import { readVideos } from './read-videos.runtime';
import { serveRoutes } from '../runtime/http';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, SERVICE_URL, ROLES } = readEnvironment('catalog/read-videos');

export const handler = serveRoutes('catalog/read-videos', readVideos({
  videos: videoRepository(TABLE_NAME), roles: ROLES, serviceUrl: SERVICE_URL,
}));
