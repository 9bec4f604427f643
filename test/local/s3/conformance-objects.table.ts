import * as s3 from '@aws-sdk/client-s3';
import { bad, get, head, put, type Row, type Tools } from './conformance.table';
import { crc32, md5, uploadTo } from './fixture';

const ETag = `"${md5('data')}"`;
const OTHER = `"${md5('other')}"`;
const TAGGING = 'b=2&a=1+%C3%BC';
const TAGS = [{ Key: 'a', Value: '1 ü' }, { Key: 'b', Value: '2' }];
const DESCRIBED = { ContentType: 'video/mp4', Metadata: { vod: '%7B%7D' }, Tagging: TAGGING } satisfies Partial<s3.PutObjectCommandInput>;
const TOO_MANY = 'Categorizing your objects using tags, Amazon S3 User Guide';
const DELETES = 'How to perform conditional deletes, Amazon S3 User Guide';
const IGNORES_MISSING = { answer: { status: 204 }, document: DELETES, why: 'the document names 404 for an object that a concurrent request deleted. Users measured 404 on AWS' };
const NO_KEY = bad('NoSuchKey', 404);
const CHANGED = bad('PreconditionFailed', 412);

const tagsOf = ({ client, Bucket, Key }: Tools) => client.send(new s3.GetObjectTaggingCommand({ Bucket, Key }));
const setTags = ({ client, Bucket, Key }: Tools, TagSet: s3.Tag[]) => client.send(new s3.PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
const remove = ({ client, Bucket, Key }: Tools, IfMatch?: string) => client.send(new s3.DeleteObjectCommand({ Bucket, Key, IfMatch }));
const copy = ({ client, Bucket, Key }: Tools, more: Partial<s3.CopyObjectCommandInput> = {}) =>
  client.send(new s3.CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${Key}-source`, ...more }));
const source = (tools: Tools): Tools => ({ ...tools, Key: `${tools.Key}-source` });

/** A test case that puts an object before `run`. */
const withObject = (name: string, run: (tools: Tools) => Promise<object>, answer: Row['answer'], versitygw?: Row['versitygw'], more: Partial<s3.PutObjectCommandInput> = DESCRIBED): Row => ({
  name,
  async run(tools) {
    await put(tools, more);
    return run(tools);
  },
  answer,
  versitygw,
});
/** A test case that first uploads the source object of a copy, and then calls `run`. */
const withSource = (name: string, run: (tools: Tools) => Promise<object>, answer: Row['answer'], versitygw?: Row['versitygw']): Row => ({
  name,
  async run(tools) {
    await put(source(tools), DESCRIBED);
    return run(tools);
  },
  answer,
  versitygw,
});

const many = Array.from({ length: 11 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
const headerOf = (tags: s3.Tag[]) => tags.map(({ Key, Value }) => `${Key}=${Value}`).join('&');

const TAG_ROWS: Row[] = [
  withObject('tags of a put', tagsOf, { status: 200, TagSet: TAGS }),
  withObject('tags of an object without tags', tagsOf, { status: 200, TagSet: [] }, undefined, {}),
  withObject('head of an object with tags', head, { status: 200, ETag, ContentType: 'video/mp4', ContentLength: 4, Metadata: DESCRIBED.Metadata, TagCount: 2 }),
  withObject('get of an object with tags', get, { status: 200, ETag, ContentType: 'video/mp4', ContentLength: 4, Metadata: DESCRIBED.Metadata, TagCount: 2, Body: 'data' }),
  withObject('put of tags', (tools) => setTags(tools, TAGS), { status: 200 }),
  withObject('tags after a put of tags', async (tools) => {
    await setTags(tools, [{ Key: 'c', Value: '' }]);
    return tagsOf(tools);
  }, { status: 200, TagSet: [{ Key: 'c', Value: '' }] }),
  withObject('tags after a put of no tags', async (tools) => {
    await setTags(tools, []);
    return tagsOf(tools);
  }, { status: 200, TagSet: [] }),
  withObject('deletion of tags', ({ client, Bucket, Key }) => client.send(new s3.DeleteObjectTaggingCommand({ Bucket, Key })), { status: 204 }),
  withObject('tags of a replaced object', async (tools) => {
    await put(tools);
    return tagsOf(tools);
  }, { status: 200, TagSet: [] }, {
    answer: { status: 200, TagSet: TAGS }, document: 'PutObject, x-amz-tagging, Amazon S3 API Reference', why: 'a put replaces the object, and the request has no tags for the new object',
  }),
  { name: 'tags of a missing key', run: tagsOf, answer: NO_KEY },
  { name: 'put of tags, missing key', run: (tools) => setTags(tools, TAGS), answer: NO_KEY },
  {
    name: 'put with 11 tags', run: (tools) => put(tools, { Tagging: headerOf(many) }), answer: bad('BadRequest'),
    versitygw: { answer: { status: 200, ETag }, document: TOO_MANY, why: 'the document allows 10 tags' },
  },
  { name: 'put with a key of 129 characters', run: (tools) => put(tools, { Tagging: `${'k'.repeat(129)}=v` }), answer: bad('InvalidTag') },
  { name: 'put with a value of 257 characters', run: (tools) => put(tools, { Tagging: `k=${'v'.repeat(257)}` }), answer: bad('InvalidTag') },
  { name: 'put with the same tag twice', run: (tools) => put(tools, { Tagging: 'k=1&k=2' }), answer: bad('InvalidArgument') },
  { name: 'put with a tag without a value', run: async (tools) => { await put(tools, { Tagging: 'k' }); return tagsOf(tools); }, answer: { status: 200, TagSet: [{ Key: 'k', Value: '' }] } },
  { name: 'put with a forbidden character in a tag', run: (tools) => put(tools, { Tagging: 'k=%22' }), answer: bad('InvalidTag') },
  withObject('put of 11 tags', (tools) => setTags(tools, many), bad('BadRequest')),
  withObject('put of a tag with a key of 129 characters', (tools) => setTags(tools, [{ Key: 'k'.repeat(129), Value: 'v' }]), bad('InvalidTag')),
  withObject('put of a tag with a value of 257 characters', (tools) => setTags(tools, [{ Key: 'k', Value: 'v'.repeat(257) }]), bad('InvalidTag')),
  withObject('put of the same tag twice', (tools) => setTags(tools, [{ Key: 'k', Value: '1' }, { Key: 'k', Value: '2' }]), bad('InvalidTag')),
  {
    name: 'tags of a completed upload',
    async run(tools) {
      const upload = uploadTo(tools.client, tools.Bucket, tools.Key);
      await upload.start({ Tagging: TAGGING });
      await upload.complete([await upload.part(1, 'data', {})]);
      return tagsOf(tools);
    },
    answer: { status: 200, TagSet: TAGS },
  },
  {
    name: 'start with 11 tags', run: ({ client, Bucket, Key }) => uploadTo(client, Bucket, Key).start({ Tagging: headerOf(many) }), answer: bad('BadRequest'),
    versitygw: { answer: { status: 200 }, document: TOO_MANY, why: 'the document allows 10 tags' },
  },
  { name: 'put with 2 KB of user metadata', run: (tools) => put(tools, { Metadata: { long: 'x'.repeat(2044) } }), answer: { status: 200, ETag } },
];

const CONDITIONS: Row[] = [
  withObject('delete with If-Match', (tools) => remove(tools, ETag), { status: 204 }),
  withObject('delete with If-Match: *', (tools) => remove(tools, '*'), { status: 204 }, { answer: CHANGED, document: DELETES, why: 'the document deletes an existing object under the condition *' }),
  withObject('delete with If-Match, another ETag', (tools) => remove(tools, OTHER), CHANGED),
  withObject('head after a deletion that failed', async (tools) => {
    await remove(tools, OTHER).catch(() => undefined);
    return head(tools);
  }, { status: 200, ETag, ContentLength: 4, ContentType: 'video/mp4' }, undefined, { ContentType: 'video/mp4' }),
  { name: 'delete with If-Match, missing key', run: (tools) => remove(tools, ETag), answer: NO_KEY, versitygw: IGNORES_MISSING },
  { name: 'delete with If-Match: *, missing key', run: (tools) => remove(tools, '*'), answer: NO_KEY, versitygw: IGNORES_MISSING },
  withObject('get with If-Match', (tools) => get(tools, { IfMatch: ETag }), { status: 200, ETag, ContentType: 'video/mp4', ContentLength: 4, Body: 'data' }, undefined, { ContentType: 'video/mp4' }),
  withObject('get with If-Match, another ETag', (tools) => get(tools, { IfMatch: OTHER }), CHANGED),
  withObject('head with If-Match, another ETag', (tools) => head(tools, { IfMatch: OTHER }).catch(({ $metadata: { httpStatusCode } }) => ({ $metadata: { httpStatusCode } })), { status: 412 }),
];

const COPIES: Row[] = [
  withSource('copy', copy, { status: 200, CopyObjectResult: { ETag } }),
  withSource('head of a copy', async (tools) => {
    await copy(tools);
    return head(tools);
  }, { status: 200, ETag, ContentType: 'video/mp4', ContentLength: 4, Metadata: DESCRIBED.Metadata, TagCount: 2 }),
  withSource('tags of a copy', async (tools) => {
    await copy(tools);
    return tagsOf(tools);
  }, { status: 200, TagSet: TAGS }),
  withSource('head of a copy with new metadata', async (tools) => {
    await copy(tools, { MetadataDirective: 'REPLACE', Metadata: { new: '1' }, ContentType: 'video/webm' });
    return head(tools);
  }, { status: 200, ETag, ContentType: 'video/webm', ContentLength: 4, Metadata: { new: '1' }, TagCount: 2 }),
  withSource('tags of a copy with new tags', async (tools) => {
    await copy(tools, { TaggingDirective: 'REPLACE', Tagging: 'c=3' });
    return tagsOf(tools);
  }, { status: 200, TagSet: [{ Key: 'c', Value: '3' }] }),
  withObject('copy to the same key', (tools) => copy(tools, { CopySource: `${tools.Bucket}/${tools.Key}` }), bad('InvalidRequest')),
  withObject('copy to the same key with new metadata', (tools) => copy(tools, { CopySource: `${tools.Bucket}/${tools.Key}`, MetadataDirective: 'REPLACE' }), { status: 200, CopyObjectResult: { ETag } }),
  { name: 'copy of a missing key', run: (tools) => copy(tools), answer: NO_KEY },
  { name: 'copy from an unknown bucket', run: (tools) => copy(tools, { CopySource: 'unknown-bucket/key' }), answer: bad('NoSuchBucket', 404) },
  withSource('copy with a condition', (tools) => copy(tools, { CopySourceIfMatch: ETag }), { status: 200, CopyObjectResult: { ETag } }),
  withSource('copy with a condition, another ETag', (tools) => copy(tools, { CopySourceIfMatch: OTHER }), CHANGED),
  withSource('copy with an unknown directive', (tools) => copy(tools, { MetadataDirective: 'KEEP' as 'COPY' }), bad('InvalidArgument')),
  withSource('copy of a part', (tools) => copyPart(tools, 'bytes=1-2'), { status: 200, CopyPartResult: { ETag: `"${md5('at')}"` } }),
  withSource('copy of a whole object as a part', (tools) => copyPart(tools), { status: 200, CopyPartResult: { ETag } }),
  withSource('copy of a part with a checksum', (tools) => copyPart(tools, 'bytes=1-2', { ChecksumAlgorithm: 'CRC32' }), {
    status: 200, CopyPartResult: { ETag: `"${md5('at')}"`, ChecksumCRC32: crc32('at') },
  }),
  withSource('copy of a part after the end', (tools) => copyPart(tools, 'bytes=1-4'), bad('InvalidArgument')),
  withSource('copy of a part, reversed range', (tools) => copyPart(tools, 'bytes=2-1'), bad('InvalidArgument')),
];

async function copyPart({ client, Bucket, Key }: Tools, CopySourceRange?: string, start: Partial<s3.CreateMultipartUploadCommandInput> = {}) {
  const upload = uploadTo(client, Bucket, Key);
  await upload.start(start);
  return client.send(new s3.UploadPartCopyCommand({ ...upload.target(), PartNumber: 1, CopySource: `${Bucket}/${Key}-source`, CopySourceRange }));
}

/** The test cases for metadata, tags, conditions and copies. */
export const OBJECT_ROWS: readonly Row[] = [...TAG_ROWS, ...CONDITIONS, ...COPIES];
