import { Annotations, ArnFormat, CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IConstruct } from 'constructs';
import { differ } from './place';

/** A customer's KMS key on a resource that was passed in. */
export interface ResourceKey {
  /** The prop that holds the resource: errors and warnings name it. */
  readonly prop: string;
  /** Undefined without a customer's key: the keys that AWS owns or manages need no grant. */
  readonly key: kms.IKey | undefined;
  /** The service that calls KMS in the principal's name. */
  readonly service: 's3' | 'dynamodb' | 'lambda' | 'secretsmanager';
}

/**
 * Lets the grantee use a key through its service, and in no other way. A key policy that leaves access to IAM (CDK's and KMS's default)
 * needs no statement; any other gets one if it is a construct of the same stack, and a warning if it is not.
 */
export function grantKey(scope: IConstruct, { prop, key, service }: ResourceKey, grantee: iam.IGrantable, actions: string[]): iam.Grant {
  const target = targetKey(key);
  if (!target) return iam.Grant.drop(grantee, `${prop} has no customer's key`);
  const conditions = { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(scope).region}.amazonaws.com` } };
  const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [target.keyArn], conditions });
  if (leavesAccessToIam(target, actions)) return grant;
  const statement = new iam.PolicyStatement({ principals: [grantee.grantPrincipal], actions, resources: ['*'], conditions });
  // A key policy in another stack would have to name the grantee, which names the key.
  const { grantPrincipal } = grantee;
  const stack = Stack.of(Construct.isConstruct(grantPrincipal) ? grantPrincipal : scope);
  const added = Stack.of(target) === stack && target.addToResourcePolicy(statement).statementAdded;
  if (!added) {
    Annotations.of(scope).addWarningV2('serverless-vod:keyPolicy',
      `${prop}: the policy of its KMS key can't be changed from here; it must leave access to IAM policies (Allow kms:* to this account's root principal, the default), or allow the roles of this service what their own policies allow`);
  }
  return grant;
}

/**
 * Lets CloudFront decrypt what a distribution reads by origin access control.
 *
 * Any distribution of the account may use the key: the ARN of one would close the circle key -> distribution -> bucket -> key, in one
 * stack and across stacks. Which bucket a distribution reads is decided by the bucket's policy, which names the one distribution.
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
    `${prop}: the policy of its KMS key can't be changed from here; allow cloudfront.amazonaws.com kms:Decrypt where AWS:SourceArn is the distribution's ARN`);
}

/** What is wrong with a key, as far as synth can know. */
export function keyProblems({ prop, key }: ResourceKey, region: string): (string | undefined)[] {
  if (!key) return [];
  const target = targetKey(key);
  if (!target) return [`${prop}: its KMS key is an alias that was imported by name, which IAM can't grant; give the resource the key itself, such as kms.Key.fromKeyArn(...)`];
  return [differ(target.env.region, region) ? `${prop}: expected a KMS key of its own region ${region}, got one of ${target.env.region}` : undefined];
}

/** The key behind an alias, since IAM knows keys only; undefined for an alias whose key is not known. */
export function targetKey(key: kms.IKey | undefined): kms.IKey | undefined {
  if (!key || !('aliasTargetKey' in key)) return key;
  try {
    return (key as kms.IAlias).aliasTargetKey;
  } catch {
    // CDK's alias from a name alone throws here.
    return undefined;
  }
}

/** Whether the key's policy allows its account the actions, so that IAM policies decide. An imported key's policy is not known. */
function leavesAccessToIam(key: kms.IKey, actions: string[]): boolean {
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
