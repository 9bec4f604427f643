import type { IngestSettings } from '../contract/ingest';
import { ingestMetadataSchema } from '../contract/schemas';
import type { VideoDetails, VideoRow } from '../contract/table';
import { tagProblem } from '../domain/fold';
import { isLine } from '../domain/text-rules';
import { blankField, isOwner, MAX_FILE_NAME_LENGTH, MAX_OWNER_LENGTH, titleOf } from '../domain/user-data-limits';
import { isVisibility, VISIBILITIES } from '../domain/visibility';
import { HttpProblem } from '../runtime/http-problem';
import { jsonReader } from '../runtime/read-request';
import type { IngestMetadata } from '../runtime/route-types';

export interface DescribedObject {
  readonly key: string;
  /** The user metadata `vod`: percent-encoded JSON, because S3 stores only ASCII characters reliably. */
  readonly metadata?: string;
  /** The tags of the object, by key. */
  readonly tags: Readonly<Record<string, string | undefined>>;
  /** The file name if the key contains no valid name. */
  readonly fallbackName: string;
}

export const OWNER_TAG = 'vod-owner';
export const VISIBILITY_TAG = 'vod-visibility';

const readMetadata = jsonReader(ingestMetadataSchema, 'the metadata x-amz-meta-vod');

/**
 * Returns the texts, the owner and the visibility of a video.
 *
 * Tags override the metadata, because an IAM policy can limit the tags that a pipeline sets, and an operator can correct the tags of an existing object.
 */
export function describe(
  { key, metadata: encoded, tags: objectTags, fallbackName }: DescribedObject, { defaultOwner, defaultVisibility }: IngestSettings,
): { video: Pick<VideoRow, 'owner' | 'title' | 'tags' | 'visibility'> & { fileName: string }; details: VideoDetails } {
  const { title, description, tags, metadata, ...given } = encoded === undefined ? {} : decode(encoded);
  const name = key.slice(key.lastIndexOf('/') + 1);
  const fileName = isLine(name) && name.length <= MAX_FILE_NAME_LENGTH ? name : fallbackName;
  const blank = blankField({ fileName, title, tags, metadata });
  if (blank) throw new Error(`the metadata x-amz-meta-vod: ${blank} is blank, or contains a blank entry`);
  const wrongTags = tagProblem(tags ?? []);
  if (wrongTags) throw new Error(`the metadata x-amz-meta-vod: tags: ${wrongTags}`);
  const owner = objectTags[OWNER_TAG] ?? given.owner ?? defaultOwner;
  if (owner === undefined) {
    throw new Error(`the object has no owner. Set the tag ${OWNER_TAG} of the object, or "owner" in its metadata x-amz-meta-vod. For objects without an owner, set the prop defaultOwner`);
  }
  if (!isOwner(owner)) throw new Error(`the owner of the object: expected one line of 1 to ${MAX_OWNER_LENGTH} characters, not blank, got ${JSON.stringify(owner)}`);
  const visibility = objectTags[VISIBILITY_TAG] ?? given.visibility ?? defaultVisibility;
  if (!isVisibility(visibility)) throw new Error(`the tag ${VISIBILITY_TAG}: expected ${VISIBILITIES.join(' or ')}, got ${JSON.stringify(visibility)}`);
  return { video: { owner, title: title ?? titleOf(fileName), tags: tags ?? [], visibility, fileName }, details: { description, metadata } };
}

function decode(encoded: string): IngestMetadata {
  let text;
  try {
    text = decodeURIComponent(encoded);
  } catch {
    throw new Error('the metadata x-amz-meta-vod is not percent-encoded UTF-8');
  }
  try {
    return readMetadata(text) as IngestMetadata;
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    const fields = (error.errors ?? []).map(({ pointer, detail }) => `${pointer || 'the whole text'} ${detail}`);
    throw new Error(error.code === 'malformed_json' ? 'the metadata x-amz-meta-vod is not JSON' : [...new Set([error.message, ...fields])].join('; '));
  }
}
