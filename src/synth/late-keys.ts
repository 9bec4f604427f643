import { AspectPriority, Aspects, CfnResource, IAspect, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { grantKey, keyProblems, ResourceKey, targetKey } from './kms-keys';
import { renderedProperties } from './rendered';

/* An aspect or other code of the app may set a KMS key on a resource that has no prop for a key. */

/** Returns the value that the app set with `addPropertyOverride`. If the app set none, returns `property`. CDK tokens in the value are not resolved. */
export function givenValue<T>(resource: CfnResource, name: string, property: T): T {
  // CDK has no public way to read overrides.
  const { rawOverrides } = resource as unknown as { readonly rawOverrides?: { readonly Properties?: Readonly<Record<string, T>> } };
  return rawOverrides?.Properties?.[name] ?? property;
}

/**
 * Rejects a KMS key that an aspect or other code of the app sets on a resource of this library. The library grants no principal access to such a key.
 *
 * @param property the property of the resource, such as `kmsKeyArn`
 * @param remedy the last part of the error message, which says what would fail with the key and what to do instead
 * @param allowed the only key that is accepted; undefined rejects every key
 */
export function rejectLateKey(construct: IConstruct, property: string, remedy: string, allowed?: string): void {
  const resource = construct.node.defaultChild as CfnResource;
  const name = property.charAt(0).toUpperCase() + property.slice(1);
  construct.node.addValidation({
    validate: () => {
      const given = JSON.stringify(renderedProperties<Record<string, unknown>>(resource)[name]);
      return given === JSON.stringify(Stack.of(resource).resolve(allowed)) ? [] : [`${property}: expected ${allowed ? 'the key in the props' : 'none'}, got ${given ?? 'none'}. ${remedy}`];
    },
  });
}

/** The KMS actions that a caller of Secrets Manager must be allowed to use (see "Secret encryption and decryption" in the AWS Secrets Manager User Guide). */
const KEY_ACTIONS = { GetSecretValue: ['kms:Decrypt'], PutSecretValue: ['kms:GenerateDataKey', 'kms:Decrypt'] };

/**
 * Grants actions on secrets. If a secret has a customer-managed key at the end of synth, the grantee can also use this key through Secrets Manager. Synth fails
 * if the key is not a construct of the app, because CDK can't grant access to the key.
 */
export function grantSecrets(secrets: readonly secretsmanager.CfnSecret[], grantee: iam.IGrantable, ...actions: (keyof typeof KEY_ACTIONS)[]): void {
  iam.Grant.addToPrincipal({ grantee, actions: actions.map((action) => `secretsmanager:${action}`), resourceArns: secrets.map(({ ref }) => ref) });
  const keyActions = [...new Set(actions.flatMap((action) => KEY_ACTIONS[action]))];
  for (const secret of secrets) grantKeyLater(secret, grantee, keyActions);
}

function grantKeyLater(secret: secretsmanager.CfnSecret, grantee: iam.IGrantable, actions: string[]): void {
  const isFirst = !Aspects.of(secret).all.some((aspect) => aspect instanceof GrantSecretKey);
  if (isFirst) secret.node.addValidation({ validate: () => secretProblems(secret) });
  // Runs after all other aspects, which may set the key.
  Aspects.of(secret).add(new GrantSecretKey(secret, grantee, actions), { priority: AspectPriority.READONLY });
}

class GrantSecretKey implements IAspect {
  public granted?: string;

  constructor(private readonly secret: secretsmanager.CfnSecret, private readonly grantee: iam.IGrantable, private readonly actions: string[]) {}

  public visit(node: IConstruct): void {
    if (node !== this.secret) return;
    this.granted = givenValue(this.secret, 'KmsKeyId', this.secret.kmsKeyId);
    grantKey(this.secret, secretKey(this.secret), this.grantee, this.actions);
  }
}

function secretKey(secret: secretsmanager.CfnSecret): ResourceKey {
  const given = givenValue(secret, 'KmsKeyId', secret.kmsKeyId);
  // Keys in two stacks may have the same logical id, so CDK tokens are compared.
  const key = given === undefined ? undefined : secret.node.root.node.findAll()
    .find((each): each is kms.Key => ['keyArn', 'keyId'].some((name) => Reflect.get(each, name) === given));
  return { prop: 'kmsKeyId', key, service: 'secretsmanager' };
}

function secretProblems(secret: secretsmanager.CfnSecret): string[] {
  const given = givenValue(secret, 'KmsKeyId', secret.kmsKeyId);
  const found = secretKey(secret);
  if (given !== undefined && !targetKey(found.key)) {
    return [`kmsKeyId: expected the keyArn of a kms.Key of this app, got ${JSON.stringify(Stack.of(secret).resolve(given))}. CDK can't grant access to this key. Create the key in the app or import it with kms.Key.fromKeyArn, or exclude the secret from the aspect that sets the key`];
  }
  if (Aspects.of(secret).all.some((aspect) => aspect instanceof GrantSecretKey && aspect.granted !== given)) {
    return ['kmsKeyId: expected a key that is set before the library grants access to the key, got a key that an aspect sets later. Add the aspect with a priority number lower than AspectPriority.READONLY, such as AspectPriority.MUTATING'];
  }
  return keyProblems(found, Stack.of(secret).region).filter((problem) => problem !== undefined);
}
