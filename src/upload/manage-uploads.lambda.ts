import { manageUploads } from './manage-uploads.runtime';
import { serveRoutes } from '../runtime/http';
import { readEnvironment, readFromLambda } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const environment = readEnvironment('upload/manage-uploads');

export const handler = serveRoutes('upload/manage-uploads', manageUploads({
  environment,
  region: readFromLambda('AWS_REGION'),
  videos: videoRepository(environment.TABLE_NAME),
  clock: () => new Date(),
}));
