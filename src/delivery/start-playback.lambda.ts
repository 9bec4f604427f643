import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { cookieSigner } from './cookie-signer.runtime';
import { startPlayback } from './start-playback.runtime';
import { serveRoutes } from '../runtime/http';
import { readEnvironment } from '../runtime/read-environment';
import { videoRepository } from '../runtime/rows/video-repository';
import { posterUrls } from '../runtime/signing/poster-urls';
import { signingKeys } from '../runtime/signing/signing-keys';

const { TABLE_NAME, SERVICE_URL, SIGNING_KEYS, SESSION_SECONDS, ROLES } = readEnvironment('delivery/start-playback');
const now = () => new Date();
const chooseKey = signingKeys({ keys: SIGNING_KEYS, secrets: new SecretsManagerClient(), now });

export const handler = serveRoutes('delivery/start-playback', startPlayback({
  videos: videoRepository(TABLE_NAME),
  roles: ROLES,
  signCookies: cookieSigner(chooseKey),
  posterUrls: posterUrls({ chooseKey, serviceUrl: SERVICE_URL, now }),
  serviceUrl: SERVICE_URL,
  sessionSeconds: SESSION_SECONDS,
  now,
}));
