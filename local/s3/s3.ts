import { randomUUID } from 'crypto';
import { createReadStream, openSync } from 'fs';
import type { ServerResponse } from 'http';
import { pipeline } from 'stream/promises';
import { crc32 } from 'zlib';
import type { Access } from '../access/access';
import { AccessDenied, AwsError, type AwsRequest, type AwsService, type LocalStack, type PutEvent } from '../types';
import { createCors } from './cors';
import { createStore } from './store';

/** The required permission for each operation on an object. */
const ACTIONS: Record<string, string> = { GET: 's3:GetObject', HEAD: 's3:GetObject', PUT: 's3:PutObject', DELETE: 's3:DeleteObject' };
/** The supported query parameters of ListObjectsV2. */
const LISTED_BY = /^(list-type|max-keys|prefix|start-after)$/;
/** Headers and query parameters that change the meaning of a request. */
const MEANT = /^(x-amz-.*|if-(?!none-match).*|content-md5)$/;
/** The supported headers and query parameters. Checksum mode has no effect, because the local S3 stores no checksums. */
const KNOWN = /^(x-id|x-amz-(algorithm|credential|date|expires|signature|signedheaders|security-token|content-sha256|user-agent|checksum-mode))$/i;
/** Headers that the SDK adds to a PutObject request automatically. */
const CHECKSUM = /^x-amz-(sdk-checksum-algorithm|checksum-crc32)$/;
const STORED = /^(cache-control|content-disposition|content-encoding|content-language|expires)$/;

const escape = (text: string): string => text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Returns the S3 object that a request names, and the required permission. Throws for an unsupported header or parameter. */
function targetOf({ method, path, query, headers, body }: AwsRequest) {
  const [bucket, ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const isList = !key && method === 'GET' && query.get('list-type') === '2';
  const isKnown = (name: string) => KNOWN.test(name) || isList && LISTED_BY.test(name);
  const isMeant = (name: string) => MEANT.test(name) && !(method === 'PUT' && body && CHECKSUM.test(name));
  const unknown = [...query.keys(), ...Object.keys(headers).filter(isMeant)].find((name) => !isKnown(name))
    || headers['if-none-match'] && `${method} ${headers['if-none-match']}` !== 'PUT *' && 'if-none-match'
    || headers['x-amz-content-sha256']?.startsWith('STREAMING-') && 'aws-chunked';
  if (!ACTIONS[method] || unknown || !key && !['GET', 'HEAD'].includes(method)) throw new AwsError('NotImplemented', `${method} ${unknown || 'of a bucket'} is not implemented in the local stack`, 501);
  if (Buffer.byteLength(key) > 1024) throw new AwsError('KeyTooLongError', 'Your key is too long');
  if (!key) return { bucket, key, isList, need: { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` } };
  return { bucket, key, isList, need: { action: ACTIONS[method], resource: `arn:aws:s3:::${bucket}/${key}` } };
}

/** Parses a range and limits it to the object's size. Returns undefined for a missing or malformed range, because S3 then returns the whole object. */
function rangeOf(value: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(value ?? '') ?? [];
  if (!(from || to) || from && to && +to < +from) return undefined;
  const start = from ? +from : Math.max(0, size - +to);
  if (start >= size) throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  return { start, end: from && to ? Math.min(+to, size - 1) : size - 1 };
}

/**
 * Creates a local S3 that supports PUT, GET and DELETE of objects, ListObjectsV2, CORS, and events for new objects.
 *
 * @param idleMilliseconds - how long the server waits for more data of a PUT request; in S3 20 s, say the maintainers of AWS's SDKs (aws-sdk-php, issue 885)
 */
export function createS3({ stack, putEvent, access, idleMilliseconds = 20_000 }: {
  stack: LocalStack; putEvent: PutEvent; access: Pick<Access, 'require'>; idleMilliseconds?: number;
}) {
  const allowOrigin = createCors(stack);
  let sequence = Date.now() * 1000;

  const store = createStore(stack, (bucket, { key, size, etag }) => {
    const { NotificationConfiguration: own } = stack.ofType('AWS::S3::Bucket').find(({ physicalId }) => physicalId === bucket)!.properties;
    // If CDK's custom resource exists, the configuration of the bucket resource is ignored, because the custom resource replaces it on AWS.
    const put = stack.ofType('Custom::S3BucketNotifications').find(({ properties }) => properties.BucketName === bucket)?.properties.NotificationConfiguration;
    const announced = put ? put.EventBridgeConfiguration !== undefined : own?.EventBridgeConfiguration?.EventBridgeEnabled;
    if (!announced) return;
    const object = { key, size, etag: etag.replace(/"/g, ''), sequencer: (sequence += 1).toString(16).toUpperCase().padStart(18, '0') };
    const origin = { 'request-id': randomUUID().slice(-12).toUpperCase(), 'requester': stack.account, 'source-ip-address': '127.0.0.1', 'reason': 'PutObject' };
    putEvent({
      'source': 'aws.s3', 'detail-type': 'Object Created', 'resources': [`arn:aws:s3:::${bucket}`], 'detail': { version: '0', bucket: { name: bucket }, object, ...origin },
    });
  });

  async function getObject(request: AwsRequest, response: ServerResponse, bucket: string, key: string): Promise<void> {
    const meta = store.get(bucket, key);
    if (!meta) {
      // A caller without the permission `s3:ListBucket` gets 403 instead of 404 for a missing object.
      await access.require(request.principal, [{ action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` }]);
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    }
    const { size, etag, contentType, lastModified, headers, path } = meta;
    const range = rangeOf(request.headers.range, size);
    const { start, end } = range ?? { start: 0, end: size - 1 };
    response.writeHead(range ? 206 : 200, {
      'content-type': contentType, ...headers, etag, 'last-modified': lastModified.toUTCString(), 'content-length': end - start + 1, 'accept-ranges': 'bytes',
      ...range && { 'content-range': `bytes ${start}-${end}/${size}` },
    });
    if (request.method === 'HEAD' || !size) return void response.end();
    await pipeline(createReadStream('', { fd: openSync(path, 'r'), start, end }), response);
  }

  function listObjects({ query }: AwsRequest, response: ServerResponse, bucket: string): void {
    const [after, most] = [query.get('start-after') ?? '', Math.min(1000, Number(query.get('max-keys') ?? 1000))];
    const found = store.list(bucket).filter(({ key }) => key.startsWith(query.get('prefix') ?? '') && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
    const contents = found.slice(0, most).map(({ key, size, etag, lastModified }) => `<Contents><Key>${escape(key)}</Key><LastModified>${lastModified.toISOString()}</LastModified>`
      + `<ETag>${escape(etag)}</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`);
    response.writeHead(200, { 'content-type': 'application/xml' }).end('<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
      + `<Name>${bucket}</Name><KeyCount>${contents.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${found.length > most}</IsTruncated>${contents.join('')}</ListBucketResult>`);
  }

  async function putObject({ headers, body, raw }: AwsRequest, response: ServerResponse, bucket: string, key: string): Promise<void> {
    if (headers['content-length'] === undefined) throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
    if (+headers['content-length'] > 5 * 1024 ** 3) throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
    const checksum = headers['x-amz-checksum-crc32'];
    if (checksum && body && Buffer.from(checksum, 'base64').toString('hex') !== crc32(body).toString(16).padStart(8, '0')) {
      throw new AwsError('BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
    }
    raw.setTimeout(idleMilliseconds, () => {
      response.setHeader('connection', 'close').once('finish', () => raw.destroy());
      service.fail(new AwsError('RequestTimeout', 'Your socket connection to the server was not read from or written to within the timeout period. '
        + 'Idle connections will be closed.'), response);
    });
    const { etag } = await store.put(bucket, key, body ?? raw, {
      contentType: headers['content-type'], ifAbsent: headers['if-none-match'] === '*',
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => STORED.test(name))),
    });
    response.writeHead(200, { etag }).end();
  }

  const service: AwsService = {
    name: 's3',
    unsigned(request, response) {
      if (request.method !== 'OPTIONS') return false;
      if (allowOrigin(request, response)) response.writeHead(200, { 'content-length': 0 }).end();
      else service.fail(new AwsError('AccessForbidden', 'CORSResponse: This CORS request is not allowed.', 403), response);
      return true;
    },
    needs: (request) => [targetOf(request).need],
    async handle(request, response) {
      const { bucket, key, isList } = targetOf(request);
      allowOrigin(request.raw, response);
      if (isList) return listObjects(request, response, bucket);
      if (!key) throw new AwsError('NotImplemented', `${request.method} of a bucket is not implemented in the local stack`, 501);
      if (request.method === 'DELETE') {
        store.delete(bucket, key);
        return void response.writeHead(204).end();
      }
      await (request.method === 'PUT' ? putObject : getObject)(request, response, bucket, key);
    },
    fail(error, response, request) {
      if (request) allowOrigin(request, response); // a web page can read the error only with CORS headers
      request?.resume(); // reads the rest of a rejected upload, so that the client gets the response instead of a broken pipe
      const { code, status } = error;
      // The response doesn't reveal the bucket or the role.
      const text = (error instanceof AccessDenied ? 'Access Denied' : error.message);
      const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escape(text)}</Message><RequestId>${randomUUID()}</RequestId></Error>`;
      response.writeHead(status, { 'content-type': 'application/xml' }).end(xml);
    },
  };
  return { service, store };
}
