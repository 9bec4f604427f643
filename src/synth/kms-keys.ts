import { Annotations, ArnFormat, CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IConstruct } from 'constructs';
import { differ } from './place';

export interface ResourceKey {
  /** The name of the prop in errors and warnings. */
  readonly prop: string;
  /** Undefined if AWS owns or manages the key, which then needs no grant. */
  readonly key: kms.IKey | undefined;
  /** The AWS service that calls KMS for the principal. */
  readonly service: 's3' | 'dynamodb' | 'lambda' | 'secretsmanager';
}

/**
 * Allows a principal to use a KMS key only through the AWS service of the encrypted resource.
 *
 * With the default key policy, a statement in the IAM policy of the principal is enough. To any other key policy, this function also adds a statement. If this
 * function can't change the key policy, synth warns.
 */
export function grantKey(scope: IConstruct, { prop, key, service }: ResourceKey, grantee: iam.IGrantable, actions: string[]): iam.Grant {
  const target = targetKey(key);
  if (!target) return iam.Grant.drop(grantee, `${prop} has no customer-managed key`);
  const conditions = { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(scope).region}.amazonaws.com` } };
  const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [target.keyArn], conditions });
  if (delegatesToIam(target, actions)) return grant;
  const statement = new iam.PolicyStatement({ principals: [grantee.grantPrincipal], actions, resources: ['*'], conditions });
  // A statement in the key policy of another stack would create a cycle: the statement refers to the grantee, whose policy refers to the key.
  const { grantPrincipal } = grantee;
  const stack = Stack.of(Construct.isConstruct(grantPrincipal) ? grantPrincipal : scope);
  const added = Stack.of(target) === stack && target.addToResourcePolicy(statement).statementAdded;
  if (!added) {
    Annotations.of(scope).addWarningV2('serverless-vod:keyPolicy',
      `${prop}: this stack can't change the policy of the KMS key. If the key policy allows kms:* to the root principal of this account (the default), no change is necessary. Otherwise, add a statement that allows the roles of this service to use the key`);
  }
  return grant;
}

/**
 * Allows every CloudFront distribution of the account to decrypt with the key. If the key policy contained the ARN of one distribution, the resources would
 * form the cycle key -> distribution -> bucket -> key. The bucket policy still allows only one distribution to read the bucket.
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
    `${prop}: this stack can't change the policy of the KMS key. In the key policy, allow cloudfront.amazonaws.com to call kms:Decrypt, with the condition that AWS:SourceArn is the ARN of the distribution`);
}

export function keyProblems({ prop, key }: ResourceKey, region: string): (string | undefined)[] {
  if (!key) return [];
  const target = targetKey(key);
  if (!target) return [`${prop}: expected a KMS key, got an alias that was imported by name. IAM can't grant access to an alias. Import the key, for example with kms.Key.fromKeyArn`];
  return [differ(target.env.region, region) ? `${prop}: expected a KMS key in the region ${region} of the resource, got a KMS key in the region ${target.env.region}` : undefined];
}

/** Returns the target key of an alias, because IAM policies cannot refer to aliases. Returns undefined if the target key is not known. */
export function targetKey(key: kms.IKey | undefined): kms.IKey | undefined {
  if (!key || !('aliasTargetKey' in key)) return key;
  try {
    return (key as kms.IAlias).aliasTargetKey;
  } catch {
    // `aliasTargetKey` throws for an alias that was imported by name.
    return undefined;
  }
}

/** Returns false for an imported key, whose policy is not known. */
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
