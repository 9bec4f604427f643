import { randomBytes } from 'crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { signIn } from './sign-in.runtime';
import { errorPage } from '../../runtime/error-page';
import { serveRoutes } from '../../runtime/http';
import { readEnvironment } from '../../runtime/read-environment';

export const handler = serveRoutes('auth/sign-in', signIn(readEnvironment('auth/sign-in'), {
  fetch, now: () => new Date(), random: randomBytes, secrets: new SecretsManagerClient(),
}), errorPage);
