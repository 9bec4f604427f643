import { randomUUID } from 'crypto';
import { createReadStream, openSync } from 'fs';
import type { ServerResponse } from 'http';
import { pipeline } from 'stream/promises';
import { AwsError, type Access, type DoorRequest, type DoorService, type LocalStack, type PutEvent } from '../types';
import { algorithmOf, bodyOf, declared, header } from './body';
import { createCors } from './cors';
import { createStore, type Checksums, type ObjectMeta, type PutOptions } from './store';
import { contents, textIn, xml, type Xml } from './xml';

/** By method, what the path names and the subresources of the query; anything else is refused as not implemented. */
const OPERATIONS: Record<string, [name: string, action: string]> = {
  'GET key': ['GetObject', 's3:GetObject'],
  'HEAD key': ['GetObject', 's3:GetObject'],
  'PUT key': ['PutObject', 's3:PutObject'],
  'DELETE key': ['DeleteObject', 's3:DeleteObject'],
  'POST key uploads': ['CreateMultipartUpload', 's3:PutObject'],
  'PUT key partNumber uploadId': ['UploadPart', 's3:PutObject'],
  'GET key uploadId': ['ListParts', 's3:ListMultipartUploadParts'],
  'POST key uploadId': ['CompleteMultipartUpload', 's3:PutObject'],
  'DELETE key uploadId': ['AbortMultipartUpload', 's3:AbortMultipartUpload'],
  'GET bucket list-type': ['ListObjectsV2', 's3:ListBucket'],
  'HEAD bucket': ['HeadBucket', 's3:ListBucket'],
  'POST bucket delete': ['DeleteObjects', ''],
};
const PLAIN = /^(x-id|x-amz-.*|prefix|max-keys|max-parts|continuation-token|start-after|part-number-marker|encoding-type|fetch-owner)$/i;
const STORED = /^(cache-control|content-disposition|content-encoding|content-language|expires|x-amz-meta-.*)$/;

const named = (checksums: Checksums) => Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`Checksum${name.toUpperCase()}`, value]));
const sumHeaders = ({ checksums, checksumType }: { checksums: Checksums; checksumType?: string }) => ({
  ...Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`x-amz-checksum-${name}`, value])),
  ...checksumType && { 'x-amz-checksum-type': checksumType },
});
const failed = () => new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);

function targetOf({ method, path, query }: DoorRequest) {
  const [bucket, ...rest] = path.slice(1).split('/');
  const key = decodeURIComponent(rest.join('/'));
  const subresources = [...query.keys()].filter((name) => !PLAIN.test(name)).sort();
  const operation = OPERATIONS[[method, key ? 'key' : 'bucket', ...subresources].join(' ')];
  if (!operation) throw new AwsError('NotImplemented', `${method} ${subresources.join(' ') || path} is not implemented on one machine`, 501);
  return { bucket: decodeURIComponent(bucket), key, operation: operation[0], action: operation[1] };
}

/** The range that is meant, clipped; undefined for all of it: S3 ignores what it cannot read. */
function rangeOf(value: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(value ?? '') ?? [];
  if (!(from || to) || from && to && +to < +from) return undefined;
  const start = from ? +from : Math.max(0, size - +to);
  if (start >= size) throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  return { start, end: from && to ? Math.min(+to, size - 1) : size - 1 };
}

function checkConditions({ headers }: DoorRequest, { etag }: ObjectMeta): void {
  const some = (value: string) => value.split(',').some((one) => one.trim() === '*' || one.trim().replace(/"/g, '') === etag.replace(/"/g, ''));
  if (headers['if-match'] && !some(headers['if-match'])) throw failed();
  if (headers['if-none-match'] && some(headers['if-none-match'])) throw new AwsError('NotModified', 'Not modified', 304);
}

function putOptions({ headers }: DoorRequest): PutOptions {
  const none = headers['if-none-match'];
  const refused = none && none !== '*' ? 'if-none-match' : ['if-match', 'x-amz-copy-source', 'x-amz-tagging'].find((name) => headers[name]);
  if (refused) throw new AwsError('NotImplemented', `A header you provided implies functionality that is not implemented: ${refused}`, 501);
  const stored = Object.entries(headers).filter(([name]) => STORED.test(name)).map(([name, value]) => [name, value.replace(/\baws-chunked,?\s*/, '')]);
  return { contentType: headers['content-type'], ifAbsent: none === '*', headers: Object.fromEntries(stored.filter(([, value]) => value)) };
}

async function textOf(request: DoorRequest): Promise<string> {
  if (!(+request.headers['content-length'] < 2 ** 21)) throw new AwsError('MalformedXML', 'The XML you provided is too long');
  return (request.body ?? Buffer.concat(await request.raw.toArray())).toString();
}

/**
 * S3 for one machine. `access`, when given, makes a missing object 403 for who may not list, as S3 does, and is
 * what DeleteObjects needs to judge each key.
 */
export function createS3({ stack, putEvent, access }: { stack: LocalStack; putEvent: PutEvent; access?: Pick<Access, 'require'> }) {
  const cors = createCors(stack);
  const announced = new Set(stack.ofType('AWS::S3::Bucket').filter(({ properties: { NotificationConfiguration: all } }) =>
    all?.EventBridgeConfiguration && `${all.EventBridgeConfiguration.EventBridgeEnabled ?? true}` === 'true').map(({ physicalId }) => physicalId));
  let sequence = Date.now() * 1000;

  const store = createStore(stack, (bucket, { key, size, etag }, reason) => {
    if (!announced.has(bucket)) return;
    const object = { key, size, etag: etag.replace(/"/g, ''), sequencer: (sequence += 1).toString(16).toUpperCase().padStart(18, '0') };
    const origin = { 'request-id': randomUUID().slice(-12).toUpperCase(), 'requester': stack.account, 'source-ip-address': '127.0.0.1' };
    putEvent({
      'source': 'aws.s3', 'detail-type': 'Object Created', 'resources': [`arn:aws:s3:::${bucket}`], 'detail': { version: '0', bucket: { name: bucket }, object, ...origin, reason },
    });
  });

  const answer = (response: ServerResponse, name: string, value: Xml) => void response.writeHead(200, { 'content-type': 'application/xml' }).end(xml(name, value));

  const handlers: Record<string, (request: DoorRequest, response: ServerResponse, bucket: string, key: string) => Promise<void> | void> = {
    async GetObject(request, response, bucket, key) {
      const meta = store.get(bucket, key);
      if (!meta) {
        await access?.require(request.principal, [{ action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` }]);
        throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
      }
      response.setHeader('ETag', meta.etag).setHeader('Last-Modified', meta.lastModified.toUTCString());
      checkConditions(request, meta);
      if (request.headers.range) response.setHeader('Content-Range', `bytes */${meta.size}`);
      const range = rangeOf(request.headers.range, meta.size);
      response.removeHeader('Content-Range');
      const { start, end } = range ?? { start: 0, end: meta.size - 1 };
      response.writeHead(range ? 206 : 200, {
        'content-type': meta.contentType, ...meta.headers, 'content-length': end - start + 1, 'accept-ranges': 'bytes',
        ...range ? { 'content-range': `bytes ${start}-${end}/${meta.size}` } : header(request, 'x-amz-checksum-mode') && sumHeaders(meta),
      });
      if (request.method === 'HEAD' || !meta.size) return void response.end();
      await pipeline(createReadStream('', { fd: openSync(meta.path, 'r'), start, end }), response);
    },
    HeadBucket(_request, response, bucket) {
      store.list(bucket);
      response.writeHead(200).end();
    },
    DeleteObject(_request, response, bucket, key) {
      store.delete(bucket, key);
      response.writeHead(204).end();
    },
    async PutObject(request, response, bucket, key) {
      const expect = declared(request);
      const { body, keep } = bodyOf(request, expect);
      const meta = await store.put(bucket, key, body, { ...putOptions(request), expect, keep });
      response.writeHead(200, { etag: meta.etag, ...sumHeaders(meta) }).end();
    },
    CreateMultipartUpload(request, response, bucket, key) {
      const name = header(request, 'x-amz-checksum-algorithm');
      const keep = name ? [algorithmOf(name)] : [];
      const type = name && (header(request, 'x-amz-checksum-type') ?? 'COMPOSITE');
      if (type === 'FULL_OBJECT' && keep[0] !== 'crc32') throw new AwsError('InvalidRequest', `There is no FULL_OBJECT checksum with ${name}`);
      if (type) response.setHeader('x-amz-checksum-algorithm', name).setHeader('x-amz-checksum-type', type);
      answer(response, 'InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: store.createUpload(bucket, key, { ...putOptions(request), keep }, type) });
    },
    async UploadPart(request, response, bucket, key) {
      const number = Number(request.query.get('partNumber'));
      if (!Number.isInteger(number) || number < 1 || number > 10_000) throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
      const expect = declared(request);
      const { body, keep } = bodyOf(request, expect);
      const part = await store.putPart(bucket, key, request.query.get('uploadId')!, number, body, { expect, keep });
      response.writeHead(200, { etag: part.etag, ...sumHeaders(part) }).end();
    },
    ListParts({ query }, response, bucket, key) {
      const uploadId = query.get('uploadId')!;
      const most = Math.min(Number(query.get('max-parts') ?? 1000), 1000);
      const after = store.parts(bucket, key, uploadId).filter((part) => part.partNumber > Number(query.get('part-number-marker') ?? 0));
      const page = after.slice(0, most);
      answer(response, 'ListPartsResult', {
        Bucket: bucket, Key: key, UploadId: uploadId, MaxParts: most, IsTruncated: after.length > page.length,
        ChecksumType: store.upload(bucket, key, uploadId).checksumType, NextPartNumberMarker: page.at(-1)?.partNumber,
        Part: page.map(({ partNumber, lastModified, etag, size, checksums }) =>
          ({ PartNumber: partNumber, LastModified: lastModified, ETag: etag, Size: size, ...named(checksums) })),
      });
    },
    async CompleteMultipartUpload(request, response, bucket, key) {
      const chosen = contents(await textOf(request), 'Part').map((part) => ({ partNumber: Number(textIn(part, 'PartNumber')), etag: textIn(part, 'ETag') ?? '' }));
      if (!chosen.length) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
      const meta = await store.completeUpload(bucket, key, request.query.get('uploadId')!, chosen, { ...putOptions(request), expect: declared(request) });
      answer(response, 'CompleteMultipartUploadResult', {
        Location: `http://${request.headers.host}${request.path}`, Bucket: bucket, Key: key, ETag: meta.etag, ...named(meta.checksums), ChecksumType: meta.checksumType,
      });
    },
    AbortMultipartUpload({ query }, response, bucket, key) {
      store.abortUpload(bucket, key, query.get('uploadId')!);
      response.writeHead(204).end();
    },
    ListObjectsV2({ query }, response, bucket) {
      const encoded = query.get('encoding-type') === 'url' ? encodeURIComponent : (key: string) => key;
      const token = query.get('continuation-token');
      const start = Buffer.from(token ? Buffer.from(token, 'base64url') : query.get('start-after') ?? '');
      const most = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
      const after = store.list(bucket, query.get('prefix') ?? '').filter(({ key }) => Buffer.compare(Buffer.from(key), start) > 0);
      const page = after.slice(0, most);
      const more = after.length > page.length;
      answer(response, 'ListBucketResult', {
        Name: bucket, Prefix: query.get('prefix') ?? '', KeyCount: page.length, MaxKeys: most, IsTruncated: more,
        NextContinuationToken: more ? Buffer.from(page.at(-1)?.key ?? '').toString('base64url') : undefined,
        Contents: page.map(({ key, lastModified, etag, size }) => ({ Key: encoded(key), LastModified: lastModified, ETag: etag, Size: size, StorageClass: 'STANDARD' })),
      });
    },
    async DeleteObjects(request, response, bucket) {
      const body = await textOf(request);
      const results = await Promise.all(contents(body, 'Object').map((object) => textIn(object, 'Key') ?? '').map(async (Key) => {
        try {
          if (!access) throw new AwsError('AccessDenied', 'Access Denied', 403);
          await access.require(request.principal, [{ action: 's3:DeleteObject', resource: `arn:aws:s3:::${bucket}/${Key}` }]);
          store.delete(bucket, Key);
          return { Deleted: { Key } };
        } catch (error) {
          const { code, message } = error as AwsError;
          return { Error: { Key, Code: code, Message: message } };
        }
      }));
      const quiet = textIn(body, 'Quiet') === 'true';
      answer(response, 'DeleteResult', { Deleted: results.flatMap(({ Deleted }) => (Deleted && !quiet ? [Deleted] : [])), Error: results.flatMap(({ Error: one }) => one ?? []) });
    },
  };

  const service: DoorService = {
    name: 's3',
    unsigned(request, response) {
      if (request.method !== 'OPTIONS') return false;
      try {
        cors.preflight(request, response);
      } catch (error) {
        service.fail(error as AwsError, response, request);
      }
      return true;
    },
    needs(request) {
      const { bucket, key, action } = targetOf(request);
      const prefix = request.query.get('prefix');
      return action ? [{ action, resource: `arn:aws:s3:::${bucket}${key && `/${key}`}`, ...prefix !== null && { context: { 's3:prefix': prefix } } }] : [];
    },
    async handle(request, response) {
      const { bucket, key, operation } = targetOf(request);
      response.setHeader('x-amz-request-id', randomUUID());
      cors.mark(request.raw, response);
      await handlers[operation](request, response, bucket, key);
    },
    fail({ code, message, status }, response, request) {
      if (response.headersSent) return void response.destroy();
      if (request) cors.mark(request, response);
      request?.resume(); // an upload that was refused early: let it run out, else the client sees a broken pipe and no reason
      const silent = status === 304 || request?.method === 'HEAD';
      response.writeHead(status, silent ? {} : { 'content-type': 'application/xml' });
      response.end(silent ? undefined : xml('Error', { Code: code, Message: message, RequestId: randomUUID() }));
    },
  };
  return { service, store };
}
