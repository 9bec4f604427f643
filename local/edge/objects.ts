import { readFile } from 'fs/promises';
import type { IncomingHttpHeaders } from 'http';
import type { ObjectMeta, Store } from '../s3/store';
import { AwsError, type Access } from '../types';

/** What an origin or the edge itself answers. */
export interface Answer { status: number; headers: Record<string, string | string[]>; body?: Buffer | string }

interface Kept { object: ObjectMeta; body: Buffer; since: number; until: number }

const cacheBytes = 32 * 1024 * 1024;

/** An XML error as S3 and CloudFront write it. */
export function xmlError(status: number, code: string, message: string, headers: Answer['headers'] = {}): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** What a browser asks of an object that it has already, and the range it wants. */
function choose(headers: IncomingHttpHeaders, { etag, size }: ObjectMeta): { status: number; start?: number; end?: number } {
  const unknown = ['if-match', 'if-unmodified-since'].find((name) => headers[name]);
  if (unknown) throw new Error(`this machine does not know ${unknown} through the CDN`);
  if (headers['if-none-match']?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) return { status: 304 };
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const ifRange = headers['if-range'];
  if (!(first || last) || (ifRange && ifRange !== etag)) return { status: 200 };
  const start = first ? Number(first) : Math.max(0, size - Number(last));
  const end = first && last ? Math.min(Number(last), size - 1) : size - 1;
  return start > end ? { status: 416 } : { status: 206, start, end };
}

/** The object, or the part of it or the refusal that the request's own headers ask for. */
function respond({ object, body, since }: Kept, headers: IncomingHttpHeaders, cache: 'Hit' | 'Miss'): Answer {
  const { status, start = 0, end = object.size - 1 } = choose(headers, object);
  if (status === 416) return xmlError(416, 'InvalidRange', 'The requested range is not satisfiable', { 'content-range': `bytes */${object.size}` });
  return {
    status,
    headers: {
      'content-type': object.contentType, 'etag': object.etag, 'last-modified': object.lastModified.toUTCString(), 'accept-ranges': 'bytes',
      'x-cache': `${cache} from cloudfront`, ...cache === 'Hit' && { age: String(Math.floor((Date.now() - since) / 1000)) }, ...object.headers,
      ...status === 206 && { 'content-range': `bytes ${start}-${end}/${object.size}` },
    },
    body: status === 304 ? undefined : body.subarray(start, end + 1),
  };
}

/** Seconds that the managed policy CachingOptimized keeps an object; it asks for one at least. */
function lifetime(control = ''): number {
  if (/no-cache|no-store|private/.test(control)) return 1;
  const age = /s-maxage=(\d+)/.exec(control) ?? /max-age=(\d+)/.exec(control);
  return age ? Math.max(1, Number(age[1])) : 86_400;
}

/** S3 origins behind origin access control, with the edge's cache in front of them. */
export function createObjects({ access, store, sourceArn, account }: { access: Access; store: Pick<Store, 'get'>; sourceArn: string; account: string }) {
  const cache = new Map<string, Kept>();
  const keep = (address: string, kept: Kept) => {
    cache.delete(address);
    cache.set(address, kept);
    let bytes = 0;
    // What was asked for last is last, and stays.
    for (const [each, { body }] of [...cache].reverse()) if ((bytes += body.length) > cacheBytes) cache.delete(each);
  };
  const allowed = (action: string, resource: string) => access.require({ kind: 'service', id: 'cloudfront.amazonaws.com' },
    [{ action, resource, context: { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': account } }]);

  /** Answers a GET or HEAD of an object; the cache's key is its address without the query. */
  return async (bucket: string, path: string, cached: boolean, headers: IncomingHttpHeaders): Promise<Answer> => {
    const address = `${bucket}${path}`;
    const hit = cached && cache.get(address);
    if (hit && hit.until > Date.now()) {
      keep(address, hit);
      return respond(hit, headers, 'Hit');
    }
    const key = decodeURIComponent(path.slice(1));
    try {
      await allowed('s3:GetObject', `arn:aws:s3:::${bucket}/${key}`);
      const object = store.get(bucket, key);
      if (!object) {
        await allowed('s3:ListBucket', `arn:aws:s3:::${bucket}`);
        return xmlError(404, 'NoSuchKey', 'The specified key does not exist.');
      }
      const since = Date.now();
      const kept = { object, body: await readFile(object.path), since, until: since + lifetime(object.headers['cache-control']) * 1000 };
      if (cached) keep(address, kept);
      return respond(kept, headers, 'Miss');
    } catch (error) {
      if (error instanceof AwsError) return xmlError(error.status, error.code, 'Access Denied');
      throw error;
    }
  };
}
