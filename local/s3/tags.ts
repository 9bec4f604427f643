import { crc32Of, verifyChecksum } from './content';
import { contentOf, type Handler, textOf } from './request';
import type { Store, Tags } from './store';
import { AwsError, type AwsRequest } from '../types';
import { parseXml, xml } from '../xml';

/** The limits count UTF-16 code units (see "Categorizing your objects using tags" in the Amazon S3 User Guide). */
const MAX_TAGS = 10;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
/** The allowed characters (see "Tagging for cost allocation or ABAC" in the Amazon S3 User Guide). */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Returns the tags in the header `x-amz-tagging`, which has the format of a URL query. Returns undefined without tags. */
export function tagsInHeader({ headers }: AwsRequest): Tags | undefined {
  const pairs = (headers['x-amz-tagging'] ?? '').split('&').filter(Boolean).map((pair): [string, string] => {
    const [key, value = '', ...more] = pair.split('=').map(decoded);
    if (key === '' || more.length > 0) throw badHeader();
    return [key, value];
  });
  return checkedTags(pairs, badHeader);
}

/** Throws if the tags break a limit of S3. */
function checkedTags(pairs: [key: string, value: string][], duplicate: () => AwsError): Tags | undefined {
  if (pairs.length > MAX_TAGS) throw new AwsError('BadRequest', `Object tags cannot be greater than ${MAX_TAGS}`);
  for (const [key, value] of pairs) {
    if (key === '' || key.length > MAX_KEY_LENGTH || !ALLOWED.test(key)) throw new AwsError('InvalidTag', 'The TagKey you have provided is invalid');
    if (value.length > MAX_VALUE_LENGTH || !ALLOWED.test(value)) throw new AwsError('InvalidTag', 'The TagValue you have provided is invalid');
    if (key.startsWith('aws:')) throw new AwsError('InvalidTag', 'System tags cannot be added/updated by requester');
  }
  const tags = Object.fromEntries(pairs);
  if (Object.keys(tags).length < pairs.length) throw duplicate();
  return pairs.length > 0 ? tags : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw badHeader();
  }
}

function badHeader(): AwsError {
  return new AwsError('InvalidArgument', "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.");
}

/** Parses the XML of PutObjectTagging. */
function tagsInXml(text: string): Tags | undefined {
  const { TagSet: set } = parseXml(text, 'Tagging');
  const all = (set === '' ? [] : set?.Tag) as Partial<Record<string, unknown>>[] | undefined;
  const pairs = all?.map(({ Key: key, Value: value }) => [key, value]);
  if (!pairs?.flat().every((part) => typeof part === 'string')) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
  return checkedTags(pairs as [string, string][], () => new AwsError('InvalidTag', 'Cannot provide multiple Tags with the same key'));
}

/**
 * Creates the handlers of the operations on object tags.
 *
 * @param missing - throws the error for a missing object
 */
export function createTagging(store: Pick<Store, 'get' | 'update'>, missing: (request: AwsRequest, bucket: string) => Promise<never>) {
  async function replace(tags: Tags | undefined, request: AwsRequest, bucket: string, key: string): Promise<void> {
    if (!store.get(bucket, key)) await missing(request, bucket);
    store.update(bucket, key, { tags });
  }

  return {
    async GetObjectTagging(request, response, bucket, key) {
      const { tags = {} } = store.get(bucket, key) ?? await missing(request, bucket);
      const sorted = Object.entries(tags).sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
      response.setHeader('content-type', 'application/xml').end(xml('Tagging', { TagSet: { Tag: sorted.map(([Key, Value]) => ({ Key, Value })) } }));
    },

    async PutObjectTagging(request, response, bucket, key) {
      const { checksum } = contentOf(request);
      const text = await textOf(request);
      verifyChecksum(checksum(), crc32Of(text));
      await replace(tagsInXml(text), request, bucket, key);
      response.writeHead(200).end();
    },

    async DeleteObjectTagging(request, response, bucket, key) {
      await replace(undefined, request, bucket, key);
      response.writeHead(204).end();
    },
  } satisfies Record<string, Handler>;
}
