import { randomUUID } from 'crypto';
import { createReadStream, openSync } from 'fs';
import type { ServerResponse } from 'http';
import { pipeline } from 'stream/promises';
import { AwsError, type Access, type DoorRequest, type DoorService, type LocalStack, type PutEvent } from '../types';
import { bodyOf, declared, header } from './body';
import { createCors } from './cors';
import { ALGORITHMS, createStore, type Algorithm, type ObjectMeta, type PutOptions, type Store } from './store';

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

type Xml = string | number | boolean | undefined | Date | Xml[] | { [name: string]: Xml };
const text = (value: string) => value.replace(/[&<>"\u0000-\u001f]/g, (char) => `&#${char.charCodeAt(0)};`);
function xml(name: string, value: Xml, attributes = ''): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => xml(name, item)).join('');
  const inner = value instanceof Date ? value.toISOString()
    : typeof value === 'object' ? Object.entries(value).map(([key, item]) => xml(key, item)).join('') : text(`${value}`);
  return `<${name}${attributes}>${inner}</${name}>`;
}
const sums = (checksums: ObjectMeta['checksums'] | undefined) =>
  Object.fromEntries(Object.entries(checksums ?? {}).map(([name, value]) => [`Checksum${name.toUpperCase()}`, value]));
const sumHeaders = ({ checksums, checksumType }: { checksums: ObjectMeta['checksums']; checksumType?: string }) => ({
  ...Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`x-amz-checksum-${name}`, value])),
  ...checksumType && { 'x-amz-checksum-type': checksumType },
});
const unescaped = (value: string) => value.replace(/&(?:#(x?)([0-9a-f]+)|(\w+));/gi, (_, hex, code, name) =>
  (code ? String.fromCodePoint(Number.parseInt(code, hex ? 16 : 10)) : { lt: '<', gt: '>', quot: '"', apos: '\'', amp: '&' }[name as string] ?? ''));
const tag = (source: string, name: string) => { const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(source)?.[1]; return found && unescaped(found); };
const tags = (source: string, name: string) => [...source.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map((found) => found[1]);

function targetOf({ method, path, query }: DoorRequest) {
  const [bucket, ...rest] = path.slice(1).split('/');
  const key = rest.join('/') ? decodeURIComponent(rest.join('/')) : undefined;
  const subresources = [...query.keys()].filter((name) => !PLAIN.test(name)).sort();
  const operation = OPERATIONS[[method, key === undefined ? 'bucket' : 'key', ...subresources].join(' ')];
  if (!operation) throw new AwsError('NotImplemented', `${method} ${subresources.join(' ') || path} is not implemented on one machine`, 501);
  return { bucket: decodeURIComponent(bucket), key: key ?? '', operation: operation[0], action: operation[1] };
}

async function textOf(request: DoorRequest): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of bodyOf(request, {}).body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (chunks.reduce((sum, { length }) => sum + length, 0) > 2 ** 21) throw new AwsError('MalformedXML', 'The XML you provided is too long');
  }
  return Buffer.concat(chunks).toString();
}

/** The first range of the header, clipped; undefined for all of it: S3 ignores what it cannot read. */
function rangeOf(value: string | undefined, size: number): { start: number; end: number } | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(value ?? '');
  if (!found || !(found[1] || found[2])) return undefined;
  const start = found[1] ? +found[1] : Math.max(0, size - +found[2]);
  const end = found[1] && found[2] ? Math.min(+found[2], size - 1) : size - 1;
  if (found[1] && found[2] && +found[2] < start) return undefined;
  if (start >= size) throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  return { start, end };
}

function conditions({ headers, method }: DoorRequest, meta: ObjectMeta): void {
  const some = (value: string) => value.split(',').some((etag) => etag.trim() === '*' || etag.trim().replace(/"/g, '') === meta.etag.replace(/"/g, ''));
  const since = (value: string) => meta.lastModified.getTime() <= Date.parse(value);
  const { 'if-match': match, 'if-none-match': none, 'if-unmodified-since': before, 'if-modified-since': after } = headers;
  if (match ? !some(match) : before && !since(before)) {
    throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
  }
  if (none ? some(none) : after && since(after)) throw new AwsError('NotModified', `Not modified (${method})`, 304);
}

function putOptions(request: DoorRequest): PutOptions {
  const { headers } = request;
  const none = headers['if-none-match'];
  const refused = none && none !== '*' ? 'if-none-match' : ['if-match', 'x-amz-copy-source', 'x-amz-tagging'].find((name) => headers[name]);
  if (refused) throw new AwsError('NotImplemented', `A header you provided implies functionality that is not implemented: ${refused}`, 501);
  const stored = Object.entries(headers).filter(([name]) => STORED.test(name)).map(([name, value]) => [name, value.replace(/\baws-chunked,?\s*/, '')]);
  return { contentType: headers['content-type'], ifAbsent: none === '*', headers: Object.fromEntries(stored.filter(([, value]) => value)) };
}

/**
 * S3 for one machine. `access`, when given, makes a missing object 403 for who may not list, as S3 does, and is
 * what DeleteObjects needs to judge each key.
 */
export function createS3({ stack, putEvent, access }: { stack: LocalStack; putEvent: PutEvent; access?: Access }): { service: DoorService; store: Store } {
  const cors = createCors(stack);
  const wantsEvents = new Set(stack.ofType('AWS::S3::Bucket').filter(({ properties }) => {
    const configuration = properties.NotificationConfiguration?.EventBridgeConfiguration;
    return configuration && `${configuration.EventBridgeEnabled ?? true}` === 'true';
  }).map(({ physicalId }) => physicalId));
  let sequence = Date.now() * 1000;

  const store = createStore(stack, (bucket, { key, size, etag }, reason) => {
    if (!wantsEvents.has(bucket)) return;
    putEvent({
      'source': 'aws.s3',
      'detail-type': 'Object Created',
      'resources': [`arn:aws:s3:::${bucket}`],
      'detail': {
        'version': '0',
        'bucket': { name: bucket },
        'object': { key, size, etag: etag.replace(/"/g, ''), sequencer: (sequence += 1).toString(16).toUpperCase().padStart(18, '0') },
        'request-id': randomUUID().replace(/-/g, '').slice(0, 16).toUpperCase(),
        'requester': stack.account,
        'source-ip-address': '127.0.0.1',
        reason,
      },
    });
  });

  async function found(request: DoorRequest, bucket: string, key: string): Promise<ObjectMeta> {
    const meta = store.get(bucket, key);
    if (meta) return meta;
    await access?.require(request.principal, [{ action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` }]);
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  }

  async function getObject(request: DoorRequest, response: ServerResponse, bucket: string, key: string): Promise<void> {
    const meta = await found(request, bucket, key);
    response.setHeader('ETag', meta.etag).setHeader('Last-Modified', meta.lastModified.toUTCString());
    conditions(request, meta);
    if (request.headers.range) response.setHeader('Content-Range', `bytes */${meta.size}`);
    const range = rangeOf(request.headers.range, meta.size);
    response.removeHeader('Content-Range');
    const { start, end } = range ?? { start: 0, end: meta.size - 1 };
    response.writeHead(range ? 206 : 200, {
      'content-type': meta.contentType,
      ...meta.headers,
      'content-length': end - start + 1,
      'accept-ranges': 'bytes',
      ...range && { 'content-range': `bytes ${start}-${end}/${meta.size}` },
      ...!range && header(request, 'x-amz-checksum-mode') && sumHeaders(meta),
    });
    if (request.method === 'HEAD' || !meta.size) return void response.end();
    await pipeline(createReadStream('', { fd: openSync(meta.path, 'r'), start, end }), response);
  }

  const answer = (response: ServerResponse, name: string, value: Xml) =>
    void response.writeHead(200, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml(name, value, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"')}`);

  const handlers: Record<string, (request: DoorRequest, response: ServerResponse, bucket: string, key: string) => Promise<void> | void> = {
    GetObject: getObject,
    HeadBucket: (_request, response, bucket) => { store.list(bucket); response.writeHead(200).end(); },
    DeleteObject: (_request, response, bucket, key) => { store.delete(bucket, key); response.writeHead(204).end(); },
    async PutObject(request, response, bucket, key) {
      const expect = declared(request);
      const { body, keep } = bodyOf(request, expect);
      const meta = await store.put(bucket, key, body, { ...putOptions(request), expect, keep });
      response.writeHead(200, { etag: meta.etag, ...sumHeaders(meta) }).end();
    },
    CreateMultipartUpload(request, response, bucket, key) {
      const algorithm = header(request, 'x-amz-checksum-algorithm')?.toLowerCase() as Algorithm | undefined;
      const type = algorithm && (header(request, 'x-amz-checksum-type') ?? 'COMPOSITE');
      if (algorithm && !ALGORITHMS.includes(algorithm)) throw new AwsError('NotImplemented', `No ${algorithm} checksum on one machine`, 501);
      if (type === 'FULL_OBJECT' && algorithm !== 'crc32') {
        throw new AwsError('InvalidRequest', `The FULL_OBJECT checksum type cannot be used with the ${algorithm} checksum algorithm.`);
      }
      const uploadId = store.createUpload(bucket, key, { ...putOptions(request), keep: algorithm && [algorithm] }, type);
      if (algorithm) response.setHeader('x-amz-checksum-algorithm', algorithm.toUpperCase()).setHeader('x-amz-checksum-type', type!);
      answer(response, 'InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: uploadId });
    },
    async UploadPart(request, response, bucket, key) {
      const number = Number(request.query.get('partNumber'));
      if (!Number.isInteger(number) || number < 1 || number > 10_000) {
        throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
      }
      const expect = declared(request);
      const { body, keep } = bodyOf(request, expect);
      const part = await store.putPart(bucket, key, request.query.get('uploadId')!, number, body, { expect, keep });
      response.writeHead(200, { etag: part.etag, ...sumHeaders(part) }).end();
    },
    async ListParts({ query }, response, bucket, key) {
      const uploadId = query.get('uploadId')!;
      const { checksumType } = await store.upload(bucket, key, uploadId);
      const most = Math.min(Number(query.get('max-parts') ?? 1000), 1000);
      const after = (await store.parts(bucket, key, uploadId)).filter((part) => part.partNumber > Number(query.get('part-number-marker') ?? 0));
      const page = after.slice(0, most);
      answer(response, 'ListPartsResult', {
        Bucket: bucket, Key: key, UploadId: uploadId, MaxParts: most, IsTruncated: after.length > page.length, ChecksumType: checksumType,
        NextPartNumberMarker: page.at(-1)?.partNumber,
        Part: page.map((part) => ({ PartNumber: part.partNumber, LastModified: part.lastModified, ETag: part.etag, Size: part.size, ...sums(part.checksums) })),
      });
    },
    async CompleteMultipartUpload(request, response, bucket, key) {
      const chosen = tags(await textOf(request), 'Part').map((part) => ({ partNumber: Number(tag(part, 'PartNumber')), etag: tag(part, 'ETag') ?? '' }));
      if (!chosen.length) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
      const more = { expect: declared(request), ifAbsent: putOptions(request).ifAbsent };
      const meta = await store.completeUpload(bucket, key, request.query.get('uploadId')!, chosen, more);
      answer(response, 'CompleteMultipartUploadResult', {
        Location: `http://${request.headers.host}/${bucket}/${encodeURIComponent(key)}`,
        Bucket: bucket, Key: key, ETag: meta.etag, ...sums(meta.checksums), ChecksumType: meta.checksumType,
      });
    },
    async AbortMultipartUpload({ query }, response, bucket, key) {
      await store.abortUpload(bucket, key, query.get('uploadId')!);
      response.writeHead(204).end();
    },
    ListObjectsV2({ query }, response, bucket) {
      const encoded = query.get('encoding-type') === 'url' ? encodeURIComponent : (key: string) => key;
      const token = query.get('continuation-token');
      const start = token ? Buffer.from(token, 'base64url').toString() : query.get('start-after') ?? '';
      const most = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
      const after = store.list(bucket, query.get('prefix') ?? '').filter(({ key }) => !start || Buffer.compare(Buffer.from(key), Buffer.from(start)) > 0);
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
      const keys = tags(body, 'Object').map((object) => tag(object, 'Key') ?? '');
      const results = await Promise.all(keys.map(async (key) => {
        if (!access) return { key, error: new AwsError('AccessDenied', 'Access Denied', 403) };
        return access.require(request.principal, [{ action: 's3:DeleteObject', resource: `arn:aws:s3:::${bucket}/${key}` }])
          .then(() => { store.delete(bucket, key); return { key, error: undefined }; }, (error: AwsError) => ({ key, error }));
      }));
      answer(response, 'DeleteResult', {
        Deleted: tag(body, 'Quiet') === 'true' ? [] : results.filter(({ error }) => !error).map(({ key }) => ({ Key: key })),
        Error: results.flatMap(({ key, error }) => (error ? [{ Key: key, Code: error.code, Message: error.message }] : [])),
      });
    },
  };

  const service: DoorService = {
    name: 's3',
    unsigned(request, response) {
      if (request.method !== 'OPTIONS') return false;
      try {
        cors.preflight(request, response);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        service.fail(error, response, request);
      }
      return true;
    },
    needs(request) {
      const { bucket, key, action } = targetOf(request);
      const prefix = request.query.get('prefix');
      return action ? [{
        action,
        resource: `arn:aws:s3:::${bucket}${key && `/${key}`}`,
        ...action === 's3:ListBucket' && prefix !== null && { context: { 's3:prefix': prefix } },
      }] : [];
    },
    async handle(request, response) {
      const { bucket, key, operation } = targetOf(request);
      response.setHeader('x-amz-request-id', randomUUID());
      cors.mark(request.raw, response);
      await handlers[operation](request, response, bucket, key);
    },
    fail(error, response, request) {
      if (response.headersSent) return void response.destroy();
      if (request) {
        cors.mark(request, response);
        request.resume(); // an upload that was refused early: let it run out, else the client sees a broken pipe and no reason
      }
      if (error.status === 304) return void response.writeHead(304).end();
      response.writeHead(error.status, { 'content-type': 'application/xml' });
      response.end(request?.method === 'HEAD' ? undefined
        : `<?xml version="1.0" encoding="UTF-8"?>\n${xml('Error', { Code: error.code, Message: error.message, RequestId: randomUUID() })}`);
    },
  };
  return { service, store };
}
