import { STSClient } from '@aws-sdk/client-sts';
import { continueUpload } from './continue-upload.runtime';
import { multipartUploads } from './multipart-uploads.runtime';
import { planUpload } from './plan-upload.runtime';
import { urlSigner } from './sign-url.runtime';
import { signingSession } from './signing-session.runtime';
import { serveRoutes } from '../runtime/http';
import { readEnvironment, readFromLambda } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, SERVICE_URL, SOURCE_BUCKET, SOURCE_ADDRESS, UPLOAD_ROLE_ARN, UPLOAD_SETTINGS, ROLES } = readEnvironment('upload/manage-uploads');
const clock = () => new Date();
const ports = {
  videos: videoRepository(TABLE_NAME),
  roles: ROLES,
  signUrl: urlSigner({
    address: SOURCE_ADDRESS,
    region: readFromLambda('AWS_REGION'),
    expirySeconds: UPLOAD_SETTINGS.expirySeconds,
    clock,
    session: signingSession({ sts: new STSClient({}), roleArn: UPLOAD_ROLE_ARN, remainingSeconds: UPLOAD_SETTINGS.expirySeconds, clock }),
  }),
  uploads: multipartUploads(SOURCE_BUCKET),
  settings: UPLOAD_SETTINGS,
  serviceUrl: SERVICE_URL,
  clock,
};

export const handler = serveRoutes('upload/manage-uploads', {
  ...planUpload({ ...ports, newId: async () => (await import('uuid')).v7(), bucket: SOURCE_BUCKET }),
  ...continueUpload(ports),
});
