import { AspectPriority, Aspects, CfnResource, IAspect, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { grantKey, keyProblems, ResourceKey, targetKey } from './kms-keys';
import { renderedProperties } from './rendered';

/*
 * KMS keys that an aspect, or code of the app, gives resources of the library that have no prop for one.
 */

/** A property as it will be rendered, with tokens: an override (`addPropertyOverride`) wins over the property. */
export function givenValue<T>(resource: CfnResource, name: string, property: T): T {
  // CDK has no public way to read overrides.
  const { rawOverrides } = resource as unknown as { readonly rawOverrides?: { readonly Properties?: Readonly<Record<string, T>> } };
  return rawOverrides?.Properties?.[name] ?? property;
}

/**
 * Refuses a key that an aspect, or code of the app, gives a resource of the library without anybody being granted it.
 *
 * @param property of the resource, such as `kmsKeyArn`
 * @param way what to do instead
 * @param known what the property may be
 */
export function refuseLateKey(construct: IConstruct, property: string, way: string, known?: string): void {
  const resource = construct.node.defaultChild as CfnResource;
  const name = property.charAt(0).toUpperCase() + property.slice(1);
  construct.node.addValidation({
    validate: () => {
      const given = JSON.stringify(renderedProperties<Record<string, unknown>>(resource)[name]);
      return given === JSON.stringify(Stack.of(resource).resolve(known)) ? [] : [`${property}: expected ${known ? 'the one of the props' : 'none'}, got ${given ?? 'none'}: ${way}`];
    },
  });
}

/** What Secrets Manager does with a customer's key in the caller's name (AWS Secrets Manager User Guide, "Secret encryption and decryption"). */
const KEY_ACTIONS = { GetSecretValue: ['kms:Decrypt'], PutSecretValue: ['kms:GenerateDataKey', 'kms:Decrypt'] };

/**
 * Lets the grantee do something with secrets of the library, and use their customer's keys for that through Secrets Manager, if they have any when the
 * app is complete. Such a key must be a construct of the app, which may be imported: else nobody can be granted it, and synth fails.
 */
export function grantSecrets(secrets: readonly secretsmanager.CfnSecret[], grantee: iam.IGrantable, ...actions: (keyof typeof KEY_ACTIONS)[]): void {
  iam.Grant.addToPrincipal({ grantee, actions: actions.map((action) => `secretsmanager:${action}`), resourceArns: secrets.map(({ ref }) => ref) });
  const keyActions = [...new Set(actions.flatMap((action) => KEY_ACTIONS[action]))];
  for (const secret of secrets) grantKeyLater(secret, grantee, keyActions);
}

function grantKeyLater(secret: secretsmanager.CfnSecret, grantee: iam.IGrantable, actions: string[]): void {
  const isFirst = !Aspects.of(secret).all.some((aspect) => aspect instanceof GrantSecretKey);
  if (isFirst) secret.node.addValidation({ validate: () => secretProblems(secret) });
  // After all others: an aspect may give the key.
  Aspects.of(secret).add(new GrantSecretKey(secret, grantee, actions), { priority: AspectPriority.READONLY });
}

class GrantSecretKey implements IAspect {
  /** The property when the grant was made. */
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
  // By the token: two stacks may have keys of one logical id.
  const key = given === undefined ? undefined : secret.node.root.node.findAll()
    .find((each): each is kms.Key => ['keyArn', 'keyId'].some((name) => Reflect.get(each, name) === given));
  return { prop: 'kmsKeyId', key, service: 'secretsmanager' };
}

function secretProblems(secret: secretsmanager.CfnSecret): string[] {
  const given = givenValue(secret, 'KmsKeyId', secret.kmsKeyId);
  const found = secretKey(secret);
  if (given !== undefined && !targetKey(found.key)) {
    return [`kmsKeyId: expected the keyArn of a kms.Key of this app, which kms.Key.fromKeyArn(...) imports, got ${JSON.stringify(Stack.of(secret).resolve(given))}, which nobody can be granted; or leave the secret out of the aspect`];
  }
  if (Aspects.of(secret).all.some((aspect) => aspect instanceof GrantSecretKey && aspect.granted !== given)) {
    return ['kmsKeyId: expected the key before roles are granted it, got it by an aspect that runs later; add that aspect with a priority below AspectPriority.READONLY, such as MUTATING'];
  }
  return keyProblems(found, Stack.of(secret).region).filter((problem) => problem !== undefined);
}
