import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'http';

const LARGEST = 8 * 1024 * 1024;
const MOST = 32;

/** Seconds that the managed policy CachingOptimized keeps an object: a day, or what the object says, but one at least. */
function lifetime(control: unknown): number {
  const age = /no-cache|no-store|private/.test(String(control)) ? 1 : /(?:s-maxage|max-age)=(\d+)/.exec(String(control))?.[1] ?? 86_400;
  return Math.max(1, Number(age));
}

/** The edge's cache of whole objects, the latest few. It answers, or keeps what the origin is about to write; ranges and conditions are the origin's. */
export function createCache() {
  const kept = new Map<string, { headers: OutgoingHttpHeaders; body: Buffer; since: number }>();
  return (path: string, { method, headers }: IncomingMessage, response: ServerResponse): boolean => {
    const hit = headers.range || headers['if-match'] || headers['if-unmodified-since'] ? undefined : kept.get(path);
    const age = hit ? Math.floor((Date.now() - hit.since) / 1000) : 0;
    if (hit && age < lifetime(hit.headers['cache-control'])) {
      response.writeHead(200, { ...hit.headers, 'x-cache': 'Hit from cloudfront', 'age': String(age) }).end(method === 'HEAD' ? undefined : hit.body);
      return true;
    }
    const chunks: Buffer[] = [];
    const write = response.write.bind(response) as (chunk: Buffer, ...rest: unknown[]) => boolean;
    response.write = (chunk: Buffer, ...rest: unknown[]) => {
      if (Number(response.getHeader('content-length')) <= LARGEST) chunks.push(chunk);
      return write(chunk, ...rest);
    };
    response.once('finish', () => {
      if (response.statusCode !== 200 || method !== 'GET' || chunks.length === 0) return;
      kept.delete(path);
      kept.set(path, { headers: response.getHeaders(), body: Buffer.concat(chunks), since: Date.now() });
      if (kept.size > MOST) kept.delete(kept.keys().next().value!);
    });
    return false;
  };
}
