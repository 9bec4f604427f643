import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'http';

const LARGEST = 8 * 1024 * 1024;
const MOST = 32;

/**
 * Error codes that CloudFront caches for at least the error-caching minimum TTL, even with `no-store` (CloudFront Developer Guide, "HTTP 4xx and 5xx status
 * codes that CloudFront caches").
 */
const ALWAYS = [404, 414, 500, 501, 502, 503, 504];
/**
 * Error codes that CloudFront caches only if the origin sends `max-age` or `s-maxage` (CloudFront Developer Guide, "HTTP 4xx and 5xx status codes that
 * CloudFront caches").
 */
const IF_TOLD = [400, 403, 405, 412, 415];

/** CloudFront's default, in seconds. */
const DEFAULT_ERROR_TTL = 10;

interface Kept { status: number; headers: OutgoingHttpHeaders; body: Buffer; since: number; seconds: number }

export interface CacheSettings {
  /** True for the cache policy CachingOptimized. False for CachingDisabled, with which CloudFront caches only errors. */
  readonly cached: boolean;
  /** ErrorCachingMinTTL by error code, in seconds. */
  readonly errorTtl: ReadonlyMap<number, number>;
}

/** Returns the seconds for which a response is cached. 0 means that the response is not cached. */
function lifetime(status: number, control: string, { cached, errorTtl }: CacheSettings): number {
  const told = /(?:s-maxage|max-age)=(\d+)/.exec(control)?.[1];
  if (status >= 400) {
    const isKept = ALWAYS.includes(status) || (IF_TOLD.includes(status) && told !== undefined);
    return isKept ? Math.max(errorTtl.get(status) ?? DEFAULT_ERROR_TTL, Number(told ?? 0)) : 0;
  }
  if (status !== 200 || !cached) return 0;
  // CachingOptimized caches an object for its max-age, or for 1 day if the object has no max-age. The minimum is 1 second.
  return Math.max(1, /no-cache|no-store|private/.test(control) ? 1 : Number(told ?? 86_400));
}

/**
 * Both managed cache policies omit query, cookies and headers from the cache key, so all viewers share a response. Range requests and conditional requests
 * always go to the origin.
 */
export function createCache() {
  const kept = new Map<string, Kept>();

  function keep(key: string, answer: Kept): void {
    kept.delete(key);
    kept.set(key, answer);
    if (kept.size > MOST) kept.delete(kept.keys().next().value!);
  }

  /**
   * Returns true if a cached response was written. If the result is false, the origin must respond, and the cache then stores the origin's response if
   * CloudFront would store it.
   */
  return (path: string, { method, headers }: IncomingMessage, response: ServerResponse, settings: CacheSettings): boolean => {
    if (method !== 'GET' && method !== 'HEAD') return false;
    const isPartial = Boolean(headers.range || headers['if-match'] || headers['if-unmodified-since']);
    const errorKey = `${method} ${path}`;
    const isFresh = (entry: Kept | undefined): boolean => entry !== undefined && Date.now() - entry.since < entry.seconds * 1000;
    const hit = [isPartial ? undefined : kept.get(path), kept.get(errorKey)].find(isFresh);
    if (hit) {
      const age = String(Math.floor((Date.now() - hit.since) / 1000));
      const xCache = hit.status === 200 ? 'Hit from cloudfront' : 'Error from cloudfront';
      response.writeHead(hit.status, { ...hit.headers, 'x-cache': xCache, 'age': age }).end(method === 'HEAD' ? undefined : hit.body);
      return true;
    }
    if (isPartial) return false;
    const chunks: Buffer[] = [];
    const collect = (chunk: unknown): void => {
      const isSmall = Number(response.getHeader('content-length') ?? 0) <= LARGEST;
      if (isSmall && (typeof chunk === 'string' || Buffer.isBuffer(chunk))) chunks.push(Buffer.from(chunk as string));
    };
    for (const name of ['write', 'end'] as const) {
      const original = response[name].bind(response) as (...args: unknown[]) => never;
      response[name] = (...args: unknown[]) => {
        collect(args[0]);
        return original(...args);
      };
    }
    response.once('finish', () => {
      const { statusCode: status } = response;
      const seconds = lifetime(status, String(response.getHeader('cache-control') ?? ''), settings);
      const isWhole = status >= 400 || (method === 'GET' && chunks.length > 0);
      if (seconds > 0 && isWhole) {
        keep(status >= 400 ? errorKey : path, { status, headers: response.getHeaders(), body: Buffer.concat(chunks), since: Date.now(), seconds });
      }
    });
    return false;
  };
}
