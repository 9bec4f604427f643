import { open, readFile } from 'fs/promises';
import type { IncomingHttpHeaders } from 'http';
import type { Readable } from 'stream';
import type { CachePolicy, Origin } from './distribution';
import { AwsError, type Access } from '../types';

/** What the edge wants to know of an object. */
export interface StoredObject {
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  readonly contentType: string;
  readonly lastModified: Date;
  /** `cache-control` and what else S3 answers with it, lower case. */
  readonly headers: Record<string, string>;
  /** Where its bytes are. */
  readonly path: string;
}

/** The bucket contents behind the edge. */
export interface ObjectStore { get(bucket: string, key: string): StoredObject | undefined }

/** What an origin answered. */
export interface Answer { status: number; headers: Record<string, string | string[]>; body?: Buffer | string | Readable }

interface Kept { object: StoredObject; body: Buffer; path: string; since: number; until: number }
interface Range { readonly start: number; readonly end: number }

const cacheBytes = 32 * 1024 * 1024;
const largestKept = 8 * 1024 * 1024;

/** An XML error as S3 and CloudFront write it. */
export function xmlError(status: number, code: string, message: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

/** Conditions and range of a request, in the order of RFC 9110. */
function choose(headers: IncomingHttpHeaders, { etag, lastModified, size }: StoredObject): { status: number; range?: Range } {
  const changed = Math.floor(lastModified.getTime() / 1000) * 1000;
  const listed = (tags: string) => tags.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
  const { 'if-match': match, 'if-none-match': noneMatch, 'if-unmodified-since': unmodified, 'if-modified-since': modified } = headers;
  if (match ? !listed(match) : unmodified && changed > Date.parse(unmodified)) return { status: 412 };
  if (noneMatch ? listed(noneMatch) : modified && changed <= Date.parse(modified)) return { status: 304 };
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const ifRange = headers['if-range'] as string | undefined;
  if (!(first || last) || (ifRange && ifRange !== etag && Date.parse(ifRange) !== changed)) return { status: 200 };
  const start = first ? Number(first) : Math.max(0, size - Number(last));
  const end = first && last ? Math.min(Number(last), size - 1) : size - 1;
  return start > end ? { status: 416 } : { status: 206, range: { start, end } };
}

/** Seconds that an answer may be kept. */
function lifetime(control: string | undefined, policy: CachePolicy): number {
  const age = /s-maxage=(\d+)/.exec(control ?? '') ?? /max-age=(\d+)/.exec(control ?? '');
  const own = /no-cache|no-store|private/.test(control ?? '') ? 0 : age ? Number(age[1]) : policy.defaultTtl;
  return Math.min(Math.max(own, policy.minTtl), policy.maxTtl);
}

/** S3 origins behind origin access control, with the edge's cache in front of them. */
export function createObjects({ access, store, sourceArn, account }: { access: Access; store: ObjectStore; sourceArn: string; account: string }) {
  const cache = new Map<string, Kept>();
  let bytes = 0;
  const drop = (key: string) => {
    bytes -= cache.get(key)?.body.length ?? 0;
    cache.delete(key);
  };
  const keep = (key: string, kept: Kept) => {
    drop(key);
    cache.set(key, kept);
    bytes += kept.body.length;
    for (const oldest of cache.keys()) {
      if (bytes <= cacheBytes) break;
      drop(oldest);
    }
  };
  const allowed = (action: string, resource: string) => access.require({ kind: 'service', id: 'cloudfront.amazonaws.com' },
    [{ action, resource, context: { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': account } }]);
  /** The object, or the part of it or the refusal that the request's own headers ask for. */
  async function respond(object: StoredObject, headers: IncomingHttpHeaders, kept: Buffer | undefined, since?: number): Promise<Answer> {
    const { status, range } = choose(headers, object);
    const common = {
      'etag': object.etag, 'last-modified': object.lastModified.toUTCString(), 'accept-ranges': 'bytes', 'server': 'AmazonS3',
      'x-cache': `${since ? 'Hit' : 'Miss'} from cloudfront`, ...since && { age: String(Math.floor((Date.now() - since) / 1000)) },
      ...object.headers,
    };
    if (status === 412) return xmlError(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
    if (status === 304) return { status, headers: common };
    if (status === 416) {
      const invalid = xmlError(416, 'InvalidRange', 'The requested range is not satisfiable');
      return { ...invalid, headers: { ...invalid.headers, 'content-range': `bytes */${object.size}` } };
    }
    return {
      status,
      headers: {
        ...common, 'content-type': object.contentType, 'content-length': String(range ? range.end - range.start + 1 : object.size),
        ...range && { 'content-range': `bytes ${range.start}-${range.end}/${object.size}` },
      },
      // Opened before the answer begins: a replaced object's reader keeps the old bytes.
      body: kept ? kept.subarray(range?.start, range && range.end + 1) : (await open(object.path)).createReadStream(range),
    };
  }

  return {
    /** Answers a GET or HEAD of an object; `variant` is what the cache policy adds to the key. */
    async fetch(origin: Origin & { kind: 's3' }, cachePolicy: CachePolicy, path: string, variant: string, headers: IncomingHttpHeaders): Promise<Answer> {
      const cacheKey = `${origin.bucket}${origin.path}${path} ${variant}`;
      const hit = cache.get(cacheKey);
      if (hit && hit.until > Date.now()) {
        keep(cacheKey, hit);
        return respond(hit.object, headers, hit.body, hit.since);
      }
      const { bucket } = origin;
      const key = decodeURIComponent(`${origin.path}${path}`.slice(1));
      try {
        await allowed('s3:GetObject', `arn:aws:s3:::${bucket}/${key}`);
        const object = store.get(bucket, key);
        if (!object) {
          await allowed('s3:ListBucket', `arn:aws:s3:::${bucket}`);
          return xmlError(404, 'NoSuchKey', 'The specified key does not exist.');
        }
        const seconds = lifetime(object.headers['cache-control'], cachePolicy);
        if (seconds <= 0 || object.size > largestKept) return await respond(object, headers, undefined);
        const body = await readFile(object.path);
        keep(cacheKey, { object, body, path, since: Date.now(), until: Date.now() + seconds * 1000 });
        return await respond(object, headers, body);
      } catch (error) {
        if (error instanceof AwsError) return xmlError(error.status, error.code, 'Access Denied');
        throw error;
      }
    },
    /** Forgets every kept path that passes the test. */
    invalidate(matches: (path: string) => boolean): void {
      for (const [key, { path }] of cache) if (matches(path)) drop(key);
    },
  };
}
