import { planUpload } from './plan-upload.runtime';
import { putSigner } from './sign-put.runtime';
import { serveRoutes } from '../runtime/http';
import { readEnvironment, readFromLambda } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, SERVICE_URL, SOURCE_BUCKET, SOURCE_ADDRESS, UPLOAD_SETTINGS, ROLES } = readEnvironment('upload/plan-upload');
const signPut = putSigner({
  address: SOURCE_ADDRESS, region: readFromLambda('AWS_REGION'), expirySeconds: UPLOAD_SETTINGS.expirySeconds, clock: () => new Date(),
});

export const handler = serveRoutes('upload/plan-upload', planUpload({
  videos: videoRepository(TABLE_NAME),
  roles: ROLES,
  signPut,
  newId: async () => (await import('uuid')).v7(),
  settings: UPLOAD_SETTINGS,
  bucket: SOURCE_BUCKET,
  serviceUrl: SERVICE_URL,
}));
