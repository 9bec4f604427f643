import { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { DEFAULT_REMOVAL_POLICY } from './removal-policy';

export interface PrivateBucketProps extends Pick<s3.BucketProps, 'lifecycleRules' | 'minimumTLSVersion' | 'objectOwnership'> {
  /** @default - S3-managed encryption */
  readonly encryptionKey?: kms.IKey;
  /** With `DESTROY`, CDK empties the bucket before its deletion. */
  readonly removalPolicy: RemovalPolicy | undefined;
}

export function privateBucket(scope: Construct, id: string, { encryptionKey, removalPolicy, ...props }: PrivateBucketProps): s3.Bucket {
  return new s3.Bucket(scope, id, {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: encryptionKey ? s3.BucketEncryption.KMS : s3.BucketEncryption.S3_MANAGED,
    encryptionKey,
    enforceSSL: true,
    removalPolicy: removalPolicy ?? DEFAULT_REMOVAL_POLICY,
    autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    ...props,
  });
}
