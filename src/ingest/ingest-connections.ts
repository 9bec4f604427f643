import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { IVodIngest } from './ingest';
import type { IngestBucket } from './ingest-bucket';
import { acknowledgeWildcard } from '../synth/acknowledge';
import { Connection, connection } from '../synth/connection';
import type { IVodUpload } from '../upload/upload';

/** @param scope a construct that contains the policy of the grantee */
export function grantOnObjects(scope: IConstruct, { bucket, prefix = '' }: IngestBucket, grantee: iam.IGrantable, actions: string[]): void {
  const objects = bucket.arnForObjects(`${prefix}*`);
  acknowledgeWildcard(scope, objects, 'each pipeline chooses the names of its objects, so the policy can name only their prefix');
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [objects] });
}

/**
 * Returns the environment variable and permissions with which the sweeper deletes or archives objects of the ingest. Returns no connection if the sweeper
 * changes no sources.
 */
export function ingestLifecycleConnections(scope: IConstruct, { sources }: IVodIngest, upload: IVodUpload): Connection<'INGEST_SOURCES'>[] {
  const action = upload.sourceLifecycle._settings()?.action;
  if (!action) return [];
  // Only the source bucket has a lifecycle rule that archives sources. Sources in the buckets of other pipelines cannot be archived.
  const changed = sources.filter(({ bucket, deleteSources }) => deleteSources && (action === 'delete' || bucket === upload.bucket));
  const actions = action === 'delete' ? ['s3:GetObject', 's3:DeleteObject'] : ['s3:GetObject', 's3:GetObjectTagging', 's3:PutObjectTagging'];
  return [connection({
    environment: { INGEST_SOURCES: changed.map(({ bucket, prefix = '' }) => ({ bucket: bucket.bucketName, prefix })) },
    grant: (grantee) => changed.forEach((source) => {
      grantOnObjects(scope, source, grantee, actions);
      // If an earlier sweep has already deleted the object, S3 returns 404 with this permission, and 403 without this permission.
      if (action === 'delete') iam.Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: [source.bucket.bucketArn] });
    }),
  })];
}
