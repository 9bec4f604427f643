import { CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CUSTOM_RESOURCE_FUNCTION_SECONDS, CUSTOM_RESOURCE_SERVICE_SECONDS } from '../contract/custom-resources';
import { KEY_PAIR_RESOURCE, KeyPairAttributes, KeyPairProperties, KeyPairType, SigningKeyReference } from '../contract/signing-keys';
import { acknowledge } from '../synth/acknowledge';
import type { Connection } from '../synth/connection';
import { globalName } from '../synth/global-name';
import { handlerFunction } from '../synth/handler-function';
import { grantSecrets } from '../synth/late-keys';
import { listProblems, repetitionProblem, show } from '../synth/prop-checks';

/** CloudFront's quota of public keys per key group. */
export const MAX_GENERATIONS = 5;
/**
 * The name of the CloudFront public key contains the name of the generation. The name of a public key has a maximum length, so the name of the generation has
 * at most 20 characters.
 */
const GENERATION = /^[A-Za-z0-9][A-Za-z0-9-]{0,19}$/;

export interface SigningKeysProps {
  readonly generations: readonly string[];
  readonly keyType: KeyPairType;
  readonly removalPolicy: RemovalPolicy;
}

/** Each generation is one key pair. A custom resource stores the key pair in a secret and returns only the public key. */
export class SigningKeys extends Construct {
  public readonly keyGroup: cloudfront.KeyGroup;
  public readonly makeKeyPairFunction: lambda.Function;
  public readonly signing: Connection<'SIGNING_KEYS'>;

  constructor(scope: Construct, id: string, props: SigningKeysProps) {
    super(scope, id);
    acknowledge(this, { 'AwsSolutions-SMG4': 'you rotate the signing key by adding a key generation; sessions that an earlier key signed stay valid' });
    this.makeKeyPairFunction = handlerFunction(this, 'MakeKeyPair', 'delivery/make-key-pair', {
      description: 'Creates the key pairs that sign playback cookies', uses: [], environment: {}, timeout: Duration.seconds(CUSTOM_RESOURCE_FUNCTION_SECONDS),
    });
    const keys = props.generations.map((generation) => this.addGeneration(generation, props));
    const secrets = keys.map(({ secret }) => secret);
    const references: SigningKeyReference[] = keys.map(({ publicKey, secret }) => ({ keyPairId: publicKey.ref, secretArn: secret.ref }));
    this.keyGroup = new cloudfront.KeyGroup(this, 'KeyGroup', {
      keyGroupName: globalName(this, 'playback'), items: keys.map(({ publicKey }) => publicKey),
    });
    // The function reads the secrets, so that a repeated request returns the stored key instead of a second key.
    grantSecrets(secrets, this.makeKeyPairFunction, 'GetSecretValue', 'PutSecretValue');
    this.signing = {
      environment: { SIGNING_KEYS: references },
      grant: (grantee) => grantSecrets(secrets, grantee, 'GetSecretValue'),
      after: this.keyGroup,
    };
  }

  /** A CloudFront public key can't change, so each generation has separate resources with the generation's name in their logical ids. */
  private addGeneration(generation: string, { keyType, removalPolicy }: SigningKeysProps) {
    const secret = new secretsmanager.CfnSecret(this, `Secret${generation}`, { description: `Private key that signs playback cookies, generation ${generation}` });
    secret.applyRemovalPolicy(removalPolicy);
    const pair = new CustomResource(this, `KeyPair${generation}`, {
      serviceToken: this.makeKeyPairFunction.functionArn,
      serviceTimeout: Duration.seconds(CUSTOM_RESOURCE_SERVICE_SECONDS),
      resourceType: KEY_PAIR_RESOURCE,
      properties: { SecretArn: secret.ref, KeyType: keyType } satisfies KeyPairProperties,
    });
    // CDK's L2 construct would use one name and one caller reference in two regions of an account, so CloudFront would reject the second key.
    const name = globalName(this, `playback-key-${generation}`);
    // CloudFront accepts a caller reference only once, so a generation that is removed and added again needs a new reference.
    const callerReference = `${name}-${pair.getAttString('CreatedAt' satisfies keyof KeyPairAttributes)}`;
    const publicKey = new cloudfront.CfnPublicKey(this, `PublicHalf${generation}`, {
      publicKeyConfig: { name, callerReference, encodedKey: pair.getAttString('PublicKey' satisfies keyof KeyPairAttributes) },
    });
    return { secret, publicKey };
  }
}

export function generationProblems(name: string, generations: unknown): (string | undefined)[] {
  const problems = listProblems(name, generations, (item, generation) => typeof generation === 'string' && GENERATION.test(generation)
    ? undefined : `${item}: expected 1 to 20 letters, digits and hyphens, not starting with a hyphen, got ${show(generation)}`, { tokens: false });
  if (!Array.isArray(generations)) return problems;
  return [
    ...problems,
    generations.length > MAX_GENERATIONS
      ? `${name}: expected at most ${MAX_GENERATIONS} generations (CloudFront's quota of public keys per key group), got ${generations.length}` : undefined,
    repetitionProblem(name, generations, 'generation'),
  ];
}
