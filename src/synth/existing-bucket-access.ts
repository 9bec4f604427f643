import { Annotations, AspectPriority, Aspects, CfnResource, IAspect, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

const BLOCKS = ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'] as const;

/** Canned ACLs that grant public access (see "Access control list overview" in the Amazon S3 User Guide). */
const PUBLIC_ACLS: unknown[] = [s3.BucketAccessControl.PUBLIC_READ, s3.BucketAccessControl.PUBLIC_READ_WRITE, s3.BucketAccessControl.AUTHENTICATED_READ];

/** Rejects a public bucket, and warns of a bucket that allows requests without TLS. */
export function checkBucketAccess(scope: IConstruct, prop: string, bucket: s3.IBucket, resource: s3.CfnBucket): void {
  // If two areas use the same bucket, the second area does not check the bucket again.
  if (Aspects.of(bucket).all.some((aspect) => aspect instanceof WarnWithoutTls)) return;
  scope.node.addValidation({ validate: () => publicProblems(prop, resource) });
  Aspects.of(bucket).add(new WarnWithoutTls(scope, prop, bucket, resource), { priority: AspectPriority.READONLY });
}

/** This class is an aspect, because the app may add a bucket policy after it creates the service. */
class WarnWithoutTls implements IAspect {
  constructor(
    private readonly scope: IConstruct, private readonly prop: string, private readonly bucket: s3.IBucket, private readonly resource: s3.CfnBucket,
  ) {}

  public visit(node: IConstruct): void {
    if (node !== this.bucket || statementsOf(this.resource).some(deniesPlainHttp)) return;
    Annotations.of(this.scope).addWarningV2('serverless-vod:bucketWithoutTls',
      `${this.prop}: the policy of the bucket allows requests without TLS (plain HTTP). Create the bucket with enforceSSL, or deny s3:* to everyone if aws:SecureTransport is false`);
  }
}

function publicProblems(prop: string, resource: s3.CfnBucket): string[] {
  const block: Partial<Record<string, unknown>> | undefined = Stack.of(resource).resolve(resource.publicAccessBlockConfiguration);
  // If publicAccessBlockConfiguration is absent, AWS enables all four settings. If the property is present, AWS disables every setting that the property omits.
  const off = block === undefined ? [] : BLOCKS.filter((name) => block[name] === undefined || String(block[name]) === 'false');
  const open = statementsOf(resource).find(letsInEveryone);
  return [
    off.length > 0 ? `${prop}: expected a private bucket with BlockPublicAccess.BLOCK_ALL, got a bucket with ${off.join(', ')} disabled` : undefined,
    PUBLIC_ACLS.includes(resource.accessControl) ? `${prop}: expected a private bucket, got a bucket with the public accessControl ${resource.accessControl}. Omit accessControl` : undefined,
    open && `${prop}: expected a private bucket, got a bucket whose policy allows ${[open.Action].flat().join(', ')} to everyone without a condition. Remove the statement from the policy, or limit it to certain principals`,
  ].filter((problem) => problem !== undefined);
}

interface Statement {
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: string | string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Ignores policies that are not in the stack of the bucket. */
function statementsOf(resource: s3.CfnBucket): Statement[] {
  const stack = Stack.of(resource);
  const text = (value: unknown) => JSON.stringify(stack.resolve(value));
  return stack.node.findAll().filter(isBucketPolicy)
    .filter(({ bucket }) => [resource.ref, resource.bucketName].some((name) => name !== undefined && text(name) === text(bucket)))
    .flatMap(({ policyDocument }) => [stack.resolve(policyDocument)?.Statement ?? []].flat());
}

function isBucketPolicy(node: IConstruct): node is s3.CfnBucketPolicy {
  return CfnResource.isCfnResource(node) && node.cfnResourceType === 'AWS::S3::BucketPolicy';
}

function isEveryone(principal: unknown): boolean {
  const names = typeof principal === 'object' && principal !== null ? [(principal as { AWS?: unknown }).AWS].flat() : [principal];
  return names.includes('*');
}

function letsInEveryone({ Effect, Principal, NotPrincipal, Condition = {} }: Statement): boolean {
  return Effect === 'Allow' && (isEveryone(Principal) || NotPrincipal !== undefined) && Object.keys(Condition).length === 0;
}

function deniesPlainHttp({ Effect, Principal, Action, Condition = {} }: Statement): boolean {
  const [[operator, keys] = ['', {}], ...others] = Object.entries(Condition);
  const conditions = Object.entries(keys).map(([key, value]) => `${operator} ${key} ${value}`.toLowerCase());
  return Effect === 'Deny' && isEveryone(Principal) && [Action].flat().some((action) => action === '*' || action === 's3:*')
    && others.length === 0 && conditions.join() === 'bool aws:securetransport false';
}
