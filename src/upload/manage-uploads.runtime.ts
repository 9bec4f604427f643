import { continueUpload } from './continue-upload.runtime';
import { multipartUploads } from './multipart-uploads.runtime';
import { planUpload } from './plan-upload.runtime';
import { urlSigner } from './sign-url.runtime';
import { signingSession } from './signing-session.runtime';
import type { Environment } from '../contract/environment';
import type { Operations } from '../runtime/route-types';
import type { VideoRepository } from '../runtime/rows/video-repository';

export interface ManageUploadsPorts {
  readonly environment: Environment<'upload/manage-uploads'>;
  readonly region: string;
  readonly videos: VideoRepository;
  readonly clock: () => Date;
}

/** Returns all operations on uploads: `planUpload` starts an upload, and the other operations continue or end an upload. */
export function manageUploads({ environment, region, videos, clock }: ManageUploadsPorts): Operations<'upload/manage-uploads'> {
  const { SOURCE_BUCKET, SOURCE_ADDRESS, UPLOAD_ROLE_ARN, UPLOAD_SETTINGS, ROLES } = environment;
  const { expirySeconds } = UPLOAD_SETTINGS;
  const session = signingSession({ roleArn: UPLOAD_ROLE_ARN, remainingSeconds: expirySeconds, clock });
  const ports = {
    videos,
    roles: ROLES,
    settings: UPLOAD_SETTINGS,
    signUrl: urlSigner({ address: SOURCE_ADDRESS, region, expirySeconds, clock, session }),
    uploads: multipartUploads(SOURCE_BUCKET),
    clock,
  };
  const newId = async () => (await import('uuid')).v7();
  return { ...planUpload({ ...ports, newId, bucket: SOURCE_BUCKET }), ...continueUpload(ports) };
}
