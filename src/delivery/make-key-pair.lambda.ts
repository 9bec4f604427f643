import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { makeKeyPair } from './make-key-pair.runtime';
import type { KeyPairProperties } from '../contract/signing-keys';
import { serveCustomResource } from '../runtime/custom-resource';

export const handler = serveCustomResource<KeyPairProperties>(makeKeyPair({ secrets: new SecretsManagerClient(), now: () => new Date() }));
