import { Token } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/** The source bucket of a transcoder, as a property of its construct; the same symbol in each copy of the library. */
const SOURCES = Symbol.for('serverless-vod:sourceBucket');

/** Refuses a source bucket that another transcoder of the app has, when the app is complete: each would take the uploads of both. */
export function checkSharedSources(scope: IConstruct, prop: string, bucket: s3.IBucket): void {
  Object.defineProperty(scope, SOURCES, { value: bucket });
  scope.node.addValidation({
    validate: () => scope.node.root.node.findAll().filter((node) => node !== scope && SOURCES in node && isSame(bucket, node[SOURCES] as s3.IBucket))
      .map((other) => `${prop}: expected a bucket of this service only, got that of ${other.node.path} too: each would transcode the uploads of both`),
  });
}

/** By name too: one bucket may be imported twice. */
function isSame(one: s3.IBucket, other: s3.IBucket): boolean {
  return one === other || (!Token.isUnresolved(one.bucketName) && one.bucketName === other.bucketName);
}
