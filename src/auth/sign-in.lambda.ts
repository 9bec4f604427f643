import { randomBytes } from 'crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { signIn } from './sign-in.lambda-shared';
import { readEnvironment } from '../runtime/environment';
import { serveRoutes } from '../runtime/http';

export const handler = serveRoutes('auth/sign-in', signIn(readEnvironment('auth/sign-in'), {
  fetch, now: () => new Date(), random: randomBytes, secrets: new SecretsManagerClient(),
}));
