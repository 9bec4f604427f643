import { editVideos } from './edit-videos.runtime';
import { serveRoutes } from '../runtime/http';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, ROLES } = readEnvironment('catalog/edit-videos');

export const handler = serveRoutes('catalog/edit-videos', editVideos({ videos: videoRepository(TABLE_NAME), roles: ROLES }));
