import { randomUUID } from 'crypto';
import { createReadStream, openSync } from 'fs';
import type { ServerResponse } from 'http';
import { join } from 'path';
import { pipeline } from 'stream/promises';
import type { Access } from '../access/access';
import { AccessDenied, AwsError, type AwsRequest, type AwsService, type LocalStack, type PutEvent } from '../types';
import { createCopy } from './copy';
import { createCors } from './cors';
import { createdEvents } from './created-events';
import { createLifecycle, requireReadable } from './lifecycle';
import { metadataOf } from './metadata';
import { createMultipart } from './multipart';
import { contentOf, type Handler, targetOf } from './request';
import { createStore, noSuchKey, requireMatch } from './store';
import { createTagging } from './tags';
import { createUploads } from './uploads';
import { xml } from '../xml';

/** Parses a range and limits it to the object's size. Returns undefined for a missing or malformed range, because S3 then returns the whole object. */
function rangeOf(value: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(value ?? '') ?? [];
  if (!(from || to) || from && to && +to < +from) return undefined;
  const start = from ? +from : Math.max(0, size - +to);
  if (start >= size) throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  return { start, end: from && to ? Math.min(+to, size - 1) : size - 1 };
}

/**
 * Creates a local S3. It supports PUT, GET, COPY and DELETE of objects, ListObjectsV2, object tags, and multipart uploads with CRC32 checksums. It also
 * supports CORS, events for new objects, and lifecycle rules that archive objects.
 *
 * @param idleMilliseconds - how long the server waits for more data of a PUT request. S3 waits for 20 s (see issue 885 of aws-sdk-php).
 */
export function createS3({ stack, putEvent, access, idleMilliseconds = 20_000 }: {
  stack: LocalStack; putEvent: PutEvent; access: Pick<Access, 'require' | 'has'>; idleMilliseconds?: number;
}) {
  const allowOrigin = createCors(stack);
  const store = createStore(stack, createdEvents(stack, putEvent));
  const uploads = createUploads(join(stack.dataFolder, 's3', '.uploads'), store.incoming, store);

  /** Throws the error for a missing object. A caller without the permission `s3:ListBucket` gets 403 instead of 404. */
  async function missing({ principal }: AwsRequest, bucket: string): Promise<never> {
    await access.require(principal, [{ action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` }]);
    throw noSuchKey();
  }

  async function getObject(request: AwsRequest, response: ServerResponse, bucket: string, key: string): Promise<void> {
    // S3 returns the number of tags only to a caller that can read the tags (see "GetObject" in the Amazon S3 API Reference).
    const countsTags = store.get(bucket, key)?.tags && await access.has(request.principal, { action: 's3:GetObjectTagging', resource: `arn:aws:s3:::${bucket}/${key}` });
    const meta = store.get(bucket, key) ?? await missing(request, bucket);
    const { size, etag, contentType, lastModified, headers, path, checksum, tags, storageClass } = meta;
    const condition = request.headers['if-match'];
    if (condition !== undefined) requireMatch(meta, condition);
    if (request.method === 'GET') requireReadable(meta);
    const range = rangeOf(request.headers.range, size);
    const { start, end } = range ?? { start: 0, end: size - 1 };
    response.writeHead(range ? 206 : 200, {
      'content-type': contentType, ...headers, etag, 'last-modified': lastModified.toUTCString(), 'content-length': end - start + 1, 'accept-ranges': 'bytes',
      ...countsTags && tags && { 'x-amz-tagging-count': Object.keys(tags).length },
      ...storageClass && { 'x-amz-storage-class': storageClass },
      ...range && { 'content-range': `bytes ${start}-${end}/${size}` },
      ...!range && checksum && request.headers['x-amz-checksum-mode'] && { 'x-amz-checksum-crc32': checksum, 'x-amz-checksum-type': checksum.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT' },
    });
    if (request.method === 'HEAD' || !size) return void response.end();
    await pipeline(createReadStream('', { fd: openSync(path, 'r'), start, end }), response);
  }

  function listObjects({ query }: AwsRequest, response: ServerResponse, bucket: string): void {
    const [after, most] = [query.get('start-after') ?? '', Math.min(1000, Number(query.get('max-keys') ?? 1000))];
    const found = store.list(bucket).filter(({ key }) => key.startsWith(query.get('prefix') ?? '') && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
    const contents = found.slice(0, most).map(({ key, size, etag, lastModified, storageClass = 'STANDARD' }) => (
      { Key: key, LastModified: lastModified.toISOString(), ETag: etag, Size: size, StorageClass: storageClass }));
    response.setHeader('content-type', 'application/xml').end(xml('ListBucketResult', {
      Name: bucket, KeyCount: contents.length, MaxKeys: most, IsTruncated: found.length > most, Contents: contents,
    }));
  }

  async function putObject(request: AwsRequest, response: ServerResponse, bucket: string, key: string): Promise<void> {
    const { body, checksum } = contentOf(request);
    const { etag, checksum: stored } = await store.put(bucket, key, body, { ...metadataOf(request), checksum, ifAbsent: request.headers['if-none-match'] === '*' });
    response.writeHead(200, { etag, ...stored && { 'x-amz-checksum-crc32': stored, 'x-amz-checksum-type': 'FULL_OBJECT' } }).end();
  }

  /** Ends a request whose client sends nothing for `idleMilliseconds`. */
  function limitIdleTime({ raw }: AwsRequest, response: ServerResponse): void {
    raw.setTimeout(idleMilliseconds, () => {
      response.setHeader('connection', 'close').once('finish', () => raw.destroy());
      service.fail(new AwsError('RequestTimeout', 'Your socket connection to the server was not read from or written to within the timeout period. '
        + 'Idle connections will be closed.'), response);
    });
  }

  const handlers: Record<string, Handler> = {
    ...createMultipart(uploads),
    ...createTagging(store, missing),
    ...createCopy({ store, uploads, access, missing }),
    GetObject: getObject,
    PutObject: putObject,
    ListObjectsV2: async (request, response, bucket) => listObjects(request, response, bucket),
    async DeleteObject(request, response, bucket, key) {
      const { 'if-match': condition } = request.headers;
      // AWS does not document the response if the object is missing and the caller has no `s3:ListBucket`. The local S3 returns 403, as for GetObject.
      if (condition !== undefined && !store.get(bucket, key)) await missing(request, bucket);
      store.delete(bucket, key, condition);
      response.writeHead(204).end();
    },
  };

  const service: AwsService = {
    name: 's3',
    unsigned(request, response) {
      if (request.method !== 'OPTIONS') return false;
      if (allowOrigin(request, response)) response.writeHead(200, { 'content-length': 0 }).end();
      else service.fail(new AwsError('AccessForbidden', 'CORSResponse: This CORS request is not allowed.', 403), response);
      return true;
    },
    needs: (request) => [...targetOf(request).needs],
    async handle(request, response) {
      const { bucket, key, operation } = targetOf(request);
      allowOrigin(request.raw, response);
      if (operation === 'PutObject' || operation === 'UploadPart') limitIdleTime(request, response);
      if (!handlers[operation]) throw new AwsError('NotImplemented', `${request.method} of a bucket is not implemented in the local stack`, 501);
      await handlers[operation](request, response, bucket, key);
    },
    fail(error, response, request) {
      if (request) allowOrigin(request, response); // a web page can read the error only with CORS headers
      request?.resume(); // reads the rest of a rejected upload, so that the client gets the response instead of a broken pipe
      const { code, status, members } = error;
      // The response doesn't reveal the bucket or the role.
      const text = (error instanceof AccessDenied ? 'Access Denied' : error.message);
      response.writeHead(status, { 'content-type': 'application/xml' }).end(xml('Error', { Code: code, Message: text, ...members, RequestId: randomUUID() }, ''));
    },
  };
  return { service, store, lifecycle: createLifecycle(stack, store) };
}
