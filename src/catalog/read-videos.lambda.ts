import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readVideos } from './read-videos.runtime';
import { serveRoutes } from '../runtime/http';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';
import { optionalPosterUrls, posterUrls } from '../runtime/signing/poster-urls';
import { signingKeys } from '../runtime/signing/signing-keys';

const { TABLE_NAME, SERVICE_URL, ROLES, SIGNING_KEYS: keys } = readEnvironment('catalog/read-videos');
const now = () => new Date();

export const handler = serveRoutes('catalog/read-videos', readVideos({
  videos: videoRepository(TABLE_NAME),
  roles: ROLES,
  posterUrls: keys
    ? optionalPosterUrls(posterUrls({ chooseKey: signingKeys({ keys, secrets: new SecretsManagerClient(), now }), serviceUrl: SERVICE_URL, now }), now)
    : async () => undefined,
}));
