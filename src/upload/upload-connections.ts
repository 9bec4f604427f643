import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { IVodUpload } from './upload';
import { SOURCE_PREFIX } from '../domain/object-keys';
import { acknowledgeWildcard } from '../synth/acknowledge';
import { Connection, connection } from '../synth/connection';
import { bucketKey } from '../synth/existing-bucket';
import { grantKey } from '../synth/kms-keys';
import { propName } from '../synth/prop-paths';

/**
 * Grants actions on source files.
 *
 * If the bucket has a customer managed KMS key, the grantee can use the key through S3. S3 decrypts the parts of a multipart upload to join them, so a grantee
 * that puts parts also needs `kms:Decrypt`.
 */
export function grantOnSources(scope: IConstruct, { bucket }: Pick<IVodUpload, 'bucket'>, grantee: iam.IGrantable, actions: string[]): void {
  const sources = bucket.arnForObjects(`${SOURCE_PREFIX}*`);
  acknowledgeWildcard(scope, sources, 'each upload creates a new object, so the policy can name only the common prefix of sources');
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [sources] });
  const uses = actions.includes('s3:PutObject') ? ['kms:GenerateDataKey', 'kms:Decrypt'] : ['kms:Decrypt'];
  grantKey(scope, bucketKey(propName(scope, 'bucket'), bucket), grantee, uses);
}

/** Returns the environment variables and permissions with which the sweeper ends uploads. */
export function expiryConnection(scope: IConstruct, upload: IVodUpload): Connection<'SOURCE_BUCKET' | 'UPLOAD_EXPIRY'> {
  return connection({
    environment: {
      SOURCE_BUCKET: upload.bucket.bucketName,
      UPLOAD_EXPIRY: { incompleteExpirySeconds: upload.uploadExpiry.toSeconds(), expiredRetentionSeconds: upload.expiredUploadRetention.toSeconds() },
    },
    grant: (grantee) => grantOnSources(scope, upload, grantee, ['s3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload', 's3:DeleteObject']),
  });
}

/**
 * Returns the environment variable and the permissions with which the sweeper deletes or archives sources. The sweeper also needs `expiryConnection`. Returns
 * no connection if the sweeper changes no sources.
 */
export function lifecycleConnections(scope: IConstruct, upload: IVodUpload): Connection<'SOURCE_LIFECYCLE'>[] {
  const settings = upload.sourceLifecycle._settings();
  if (!settings) return [];
  const actions = settings.action === 'archive' ? ['s3:GetObjectTagging', 's3:PutObjectTagging'] : [];
  return [connection({
    environment: { SOURCE_LIFECYCLE: settings },
    grant: (grantee) => actions.length > 0 && grantOnSources(scope, upload, grantee, actions),
  })];
}
