import { Annotations, ArnFormat, CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IConstruct } from 'constructs';
import { differ } from './place';

/** The customer-managed KMS key of an existing resource. */
export interface ResourceKey {
  /** The prop that contains the resource, for errors and warnings. */
  readonly prop: string;
  /** Undefined if AWS owns or manages the key: such keys need no grant. */
  readonly key: kms.IKey | undefined;
  /** The service that calls KMS on behalf of the principal. */
  readonly service: 's3' | 'dynamodb' | 'lambda' | 'secretsmanager';
}

/**
 * Grants use of a key, only through the service of the encrypted resource.
 *
 * The default key policy delegates access to IAM, so it needs no statement. Any other policy gets a statement if the key is in the grantee's stack.
 * Otherwise a warning is added.
 */
export function grantKey(scope: IConstruct, { prop, key, service }: ResourceKey, grantee: iam.IGrantable, actions: string[]): iam.Grant {
  const target = targetKey(key);
  if (!target) return iam.Grant.drop(grantee, `${prop} has no customer-managed key`);
  const conditions = { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(scope).region}.amazonaws.com` } };
  const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [target.keyArn], conditions });
  if (delegatesToIam(target, actions)) return grant;
  const statement = new iam.PolicyStatement({ principals: [grantee.grantPrincipal], actions, resources: ['*'], conditions });
  // A statement in the key policy of another stack would create a cycle: it refers to the grantee, whose policy refers to the key.
  const { grantPrincipal } = grantee;
  const stack = Stack.of(Construct.isConstruct(grantPrincipal) ? grantPrincipal : scope);
  const added = Stack.of(target) === stack && target.addToResourcePolicy(statement).statementAdded;
  if (!added) {
    Annotations.of(scope).addWarningV2('serverless-vod:keyPolicy',
      `${prop}: the policy of its KMS key can't be changed from this stack. It must delegate access to IAM policies (Allow kms:* to this account's root principal, the default), or allow the KMS actions to the roles of this service`);
  }
  return grant;
}

/**
 * Allows CloudFront to decrypt objects that a distribution reads with origin access control.
 *
 * Every distribution of the account is allowed to use the key: the ARN of one distribution would create the cycle key -> distribution -> bucket -> key. The
 * bucket policy allows only one distribution to read the bucket.
 */
export function letCloudFrontDecrypt(scope: Construct, { prop, key }: ResourceKey): void {
  const target = targetKey(key);
  if (!target) return;
  const distributions = Stack.of(scope).formatArn({
    service: 'cloudfront', region: '', resource: 'distribution', resourceName: '*', arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  const statement = new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('cloudfront.amazonaws.com')],
    actions: ['kms:Decrypt'],
    resources: ['*'],
    conditions: { ArnLike: { 'AWS:SourceArn': distributions } },
  });
  if (target.addToResourcePolicy(statement).statementAdded) return;
  Annotations.of(scope).addWarningV2('serverless-vod:mediaKeyPolicy',
    `${prop}: the policy of its KMS key can't be changed from this stack. Allow cloudfront.amazonaws.com kms:Decrypt where AWS:SourceArn is the ARN of the distribution`);
}

/** Returns the problems of a key that are known at synth. */
export function keyProblems({ prop, key }: ResourceKey, region: string): (string | undefined)[] {
  if (!key) return [];
  const target = targetKey(key);
  if (!target) return [`${prop}: its KMS key is an alias that was imported by name, and IAM can't grant access to an alias. Pass the key to the resource instead, such as kms.Key.fromKeyArn(...)`];
  return [differ(target.env.region, region) ? `${prop}: expected a KMS key in the region ${region} of the resource, got one of ${target.env.region}` : undefined];
}

/** Returns the key of an alias, because IAM policies can only refer to keys. Undefined for an alias whose key is not known. */
export function targetKey(key: kms.IKey | undefined): kms.IKey | undefined {
  if (!key || !('aliasTargetKey' in key)) return key;
  try {
    return (key as kms.IAlias).aliasTargetKey;
  } catch {
    // An alias that was imported by name throws here.
    return undefined;
  }
}

/** Whether the key policy delegates the actions to IAM policies of the account. False for an imported key, whose policy is not known. */
function delegatesToIam(key: kms.IKey, actions: string[]): boolean {
  const resource = [key.node.defaultChild, key.node.scope].find((each) => CfnResource.isCfnResource(each) && each.cfnResourceType === 'AWS::KMS::Key');
  if (!resource) return false;
  const stack = Stack.of(resource);
  const { Statement = [] } = stack.resolve((resource as kms.CfnKey).keyPolicy) ?? {};
  const account = JSON.stringify(stack.resolve(stack.account)).replace(/^"|"$/g, '');
  const toAccount = ({ Effect, Principal, Condition }: KeyStatement) => Effect === 'Allow' && !Condition
    && [account, ':root'].every((part) => JSON.stringify(Principal ?? '').includes(part));
  const allowed = ([Statement].flat() as KeyStatement[]).filter(toAccount).flatMap(({ Action }) => Action);
  return actions.every((action) => ['*', 'kms:*', action].some((name) => allowed.includes(name)));
}

interface KeyStatement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}
