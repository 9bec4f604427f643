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

/** CloudFront's quota of public keys a key group. */
export const MAX_GENERATIONS = 5;
/** Leaves room for the rest of a public key's name. */
const GENERATION = /^[A-Za-z0-9][A-Za-z0-9-]{0,19}$/;

/** What makes the signing keys. */
export interface SigningKeysProps {
  readonly generations: readonly string[];
  readonly keyType: KeyPairType;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The key pairs that sign playback: for each generation a secret that CloudFormation makes empty, a custom resource that fills it and
 * tells the public half only, and that half in one key group.
 */
export class SigningKeys extends Construct {
  /** Trusts every generation. */
  public readonly keyGroup: cloudfront.KeyGroup;
  /** Fills the secrets. */
  public readonly makeKeyPairFunction: lambda.Function;
  /** Signs with any of the keys, once the key group trusts them. */
  public readonly signing: Connection<'SIGNING_KEYS'>;

  constructor(scope: Construct, id: string, props: SigningKeysProps) {
    super(scope, id);
    acknowledge(this, { 'AwsSolutions-SMG4': 'rotated by declaring a new generation: sessions signed by the old one go on' });
    this.makeKeyPairFunction = handlerFunction(this, 'MakeKeyPair', 'delivery/make-key-pair', {
      description: 'Makes the key pairs that sign playback', uses: [], environment: {}, timeout: Duration.seconds(CUSTOM_RESOURCE_FUNCTION_SECONDS),
    });
    const keys = props.generations.map((generation) => this.addGeneration(generation, props));
    const secrets = keys.map(({ secret }) => secret);
    const references: SigningKeyReference[] = keys.map(({ publicKey, secret }) => ({ keyPairId: publicKey.ref, secretArn: secret.ref }));
    this.keyGroup = new cloudfront.KeyGroup(this, 'KeyGroup', {
      keyGroupName: globalName(this, 'playback'), items: keys.map(({ publicKey }) => publicKey),
    });
    // It may read what it wrote, or a repeated request could only make a second key that nobody trusts.
    grantSecrets(secrets, this.makeKeyPairFunction, 'GetSecretValue', 'PutSecretValue');
    this.signing = {
      environment: { SIGNING_KEYS: references },
      grant: (grantee) => grantSecrets(secrets, grantee, 'GetSecretValue'),
      after: this.keyGroup,
    };
  }

  /** CloudFront public keys can't be changed, so that everything of a generation carries its name in its logical id. */
  private addGeneration(generation: string, { keyType, removalPolicy }: SigningKeysProps) {
    const secret = new secretsmanager.CfnSecret(this, `Secret${generation}`, { description: `Private key that signs playback, generation ${generation}` });
    secret.applyRemovalPolicy(removalPolicy);
    const pair = new CustomResource(this, `KeyPair${generation}`, {
      serviceToken: this.makeKeyPairFunction.functionArn,
      serviceTimeout: Duration.seconds(CUSTOM_RESOURCE_SERVICE_SECONDS),
      resourceType: KEY_PAIR_RESOURCE,
      properties: { SecretArn: secret.ref, KeyType: keyType } satisfies KeyPairProperties,
    });
    // The L2's name and caller reference are equal in two regions of one account.
    const name = globalName(this, `playback-key-${generation}`);
    // CloudFront takes a reference once. A generation that is removed and declared again has another pair, and so asks with another reference.
    const callerReference = `${name}-${pair.getAttString('CreatedAt' satisfies keyof KeyPairAttributes)}`;
    const publicKey = new cloudfront.CfnPublicKey(this, `PublicHalf${generation}`, {
      publicKeyConfig: { name, callerReference, encodedKey: pair.getAttString('PublicKey' satisfies keyof KeyPairAttributes) },
    });
    return { secret, publicKey };
  }
}

/** What is wrong with a list of generations. */
export function generationProblems(name: string, generations: unknown): (string | undefined)[] {
  const problems = listProblems(name, generations, (item, generation) => typeof generation === 'string' && GENERATION.test(generation)
    ? undefined : `${item}: expected up to 20 letters, digits and hyphens, no hyphen first, got ${show(generation)}`, { tokens: false });
  if (!Array.isArray(generations)) return problems;
  return [
    ...problems,
    generations.length > MAX_GENERATIONS
      ? `${name}: expected at most ${MAX_GENERATIONS} generations (CloudFront's quota of keys a key group), got ${generations.length}` : undefined,
    repetitionProblem(name, generations, 'generation'),
  ];
}
