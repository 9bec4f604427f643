import { Token } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { bucketProblems } from '../synth/existing-bucket';
import { booleanProblem, isAbsent, keyProblem, objectProblem, show } from '../synth/prop-checks';

/** An existing bucket in which another pipeline stores source files. */
export interface IngestBucket {
  /**
   * The bucket, in the region of the stack.
   *
   * If the bucket is defined in this app, the construct turns EventBridge events on. An imported bucket must already send its events to EventBridge.
   */
  readonly bucket: s3.IBucket;

  /**
   * A prefix, such as `exports/`. Only objects whose key starts with this prefix become videos.
   *
   * @default - all objects of the bucket
   */
  readonly prefix?: string;

  /**
   * Whether this library can delete source files from the bucket, as `upload.sourceLifecycle` defines.
   *
   * @default false
   */
  readonly deleteSources?: boolean;
}

const KEYS: Record<keyof IngestBucket, true> = { bucket: true, prefix: true, deleteSources: true };

export function ingestBucketProblem(scope: Construct): (name: string, item: unknown) => string | undefined {
  return (name, item) => {
    const wrong = objectProblem(name, item, 'an IngestBucket');
    if (wrong || isAbsent(item)) return wrong;
    const { bucket, prefix, deleteSources } = item as IngestBucket;
    return [
      keyProblem<IngestBucket>(name, item as IngestBucket, KEYS),
      ...bucketProblems(scope, `${name}.bucket`, bucket, { required: true }),
      prefixProblem(`${name}.prefix`, prefix),
      booleanProblem(`${name}.deleteSources`, deleteSources),
    ].find((problem) => problem !== undefined);
  };
}

/** IAM policies interpret `*`, `?` and `${`, so these characters would grant access to objects with other keys. */
function prefixProblem(name: string, prefix: unknown): string | undefined {
  const isRight = isAbsent(prefix) || (typeof prefix === 'string' && (Token.isUnresolved(prefix) || (/^(?![/ ])[^*?$]*$/.test(prefix) && Buffer.byteLength(prefix) <= 1024)));
  return isRight ? undefined : `${name}: expected the start of an object key, such as "exports/", got ${show(prefix)}. The prefix must not contain *, ? or $, and must not begin with a slash or a space`;
}
