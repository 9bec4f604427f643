import type * as S3 from '@aws-sdk/client-s3';
import type { VideoRow } from '../contract/table';
import { ARCHIVE_TAG } from '../contract/upload';
import { objectRejection, type ObjectRejection } from '../runtime/s3-errors';

/** An object in S3. `etag` is set for an object of another pipeline, because the pipeline can replace the object at any time. */
export type SourceObject = Pick<VideoRow['source'], 'bucket' | 'key' | 'etag'>;

/** The result of `archive`. `too_many_tags`: the object has 10 other tags, which is S3's limit. */
export type Archiving = 'tagged' | 'too_many_tags' | ObjectRejection;

/** Deletes and archives the source files of ready videos, in any bucket. */
export interface SourceObjects {
  delete(object: SourceObject): Promise<'deleted' | ObjectRejection>;
  /** Adds the tag of the bucket's lifecycle rule to the object. */
  archive(object: SourceObject): Promise<Archiving>;
}

const REQUEST_MS = 10_000;
/** The maximum number of tags of an object (see "Categorizing your objects using tags" in the Amazon S3 User Guide). */
const MAX_TAGS = 10;

/** @param given @default - a client with the credentials of the function, which is loaded at the first call */
export function sourceObjects(given?: S3.S3Client): SourceObjects {
  let loading: Promise<{ readonly s3: typeof S3; readonly client: S3.S3Client }> | undefined;
  const load = () => (loading ??= import('@aws-sdk/client-s3').then((s3) => ({ s3, client: given ?? new s3.S3Client({ maxAttempts: 2 }) })));
  const timeout = () => ({ abortSignal: AbortSignal.timeout(REQUEST_MS) });

  return {
    async delete({ bucket, key, etag }) {
      const { s3, client } = await load();
      try {
        // S3 requires s3:GetObject and s3:DeleteObject for If-Match (see "How to perform conditional deletes" in the Amazon S3 User Guide).
        await client.send(new s3.DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag && quoted(etag) }), timeout());
        return 'deleted';
      } catch (error) {
        return rejectionOf(error);
      }
    },

    async archive({ bucket, key, etag }) {
      const { s3, client } = await load();
      const object = { Bucket: bucket, Key: key };
      try {
        // S3 has no If-Match for tags, so HeadObject compares the ETag first.
        if (etag) await client.send(new s3.HeadObjectCommand({ ...object, IfMatch: quoted(etag) }), timeout());
        const { TagSet = [] } = await client.send(new s3.GetObjectTaggingCommand(object), timeout());
        // PutObjectTagging replaces all tags.
        const others = TagSet.filter((tag) => tag.Key !== ARCHIVE_TAG.key);
        if (others.length >= MAX_TAGS) return 'too_many_tags';
        const { key: Key, value: Value } = ARCHIVE_TAG;
        await client.send(new s3.PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [...others, { Key, Value }] } }), timeout());
        return 'tagged';
      } catch (error) {
        return rejectionOf(error);
      }
    },
  };
}

function rejectionOf(error: unknown): ObjectRejection {
  const rejection = objectRejection(error);
  if (!rejection) throw error;
  return rejection;
}

/** S3's events contain ETags without quotes. */
function quoted(etag: string): string {
  return `"${etag.replaceAll('"', '')}"`;
}
