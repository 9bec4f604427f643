import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { fillClientSecret } from './fill-client-secret.runtime';
import { serveCustomResource } from '../../runtime/custom-resource';

export const handler = serveCustomResource(fillClientSecret(new CognitoIdentityProviderClient(), new SecretsManagerClient()));
