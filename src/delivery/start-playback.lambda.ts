import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { cookieSigner } from './cookie-signer.runtime';
import { startPlayback } from './start-playback.runtime';
import { serveRoutes } from '../runtime/http';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';

const { TABLE_NAME, SERVICE_URL, SIGNING_KEYS, SESSION_SECONDS, ROLES } = readEnvironment('delivery/start-playback');
const now = () => new Date();
const signCookies = cookieSigner({ keys: SIGNING_KEYS, secrets: new SecretsManagerClient(), now });

export const handler = serveRoutes('delivery/start-playback', startPlayback({
  videos: videoRepository(TABLE_NAME),
  roles: ROLES,
  signCookies,
  serviceUrl: SERVICE_URL,
  sessionSeconds: SESSION_SECONDS,
  now,
}));
