import { AwsError, type DoorRequest } from '../types';
import { ALGORITHMS, type Algorithm, type Body, type Checksums } from './store';

/** A header, or the query parameter that signing in the address makes of it. */
export const header = (request: DoorRequest, name: string): string | undefined => request.headers[name] ?? request.query.get(name) ?? undefined;

/** An algorithm we have not is refused, never ignored. */
export function algorithmOf(name: string): Algorithm {
  const known = ALGORITHMS.find((algorithm) => algorithm === name.toLowerCase());
  if (!known) throw new AwsError('NotImplemented', `There is no ${name} checksum on one machine`, 501);
  return known;
}

/** What a client declared of the bytes it sends. */
export function declared(request: DoorRequest): Checksums {
  const names = [...Object.keys(request.headers), ...request.query.keys()].map((name) => name.toLowerCase());
  if (names.includes('content-md5')) algorithmOf('Content-MD5');
  const sums = names.flatMap((name) => /^x-amz-checksum-(?!mode$|type$|algorithm$)(.+)$/.exec(name)?.[1] ?? []);
  return Object.fromEntries(sums.map((name) => [algorithmOf(name), header(request, `x-amz-checksum-${name}`)]));
}

/** The bytes of an upload: as sent, or out of the SDK's aws-chunked encoding with its trailing checksum put into `expect`. */
export function bodyOf(request: DoorRequest, expect: Checksums): { body: Body; keep: Algorithm[] } {
  const chunked = request.headers['x-amz-content-sha256']?.startsWith('STREAMING-');
  const length = request.headers[chunked ? 'x-amz-decoded-content-length' : 'content-length'];
  if (length === undefined) throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  if (+length > 5 * 1024 ** 3) throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  if (!chunked) return { body: request.body ?? request.raw, keep: [] };
  const trailer = request.headers['x-amz-trailer']?.replace('x-amz-checksum-', '');
  const keep = trailer ? [algorithmOf(trailer)] : [];
  return { body: unchunked(request.raw, +length, (sum) => { expect[keep[0]] = sum; }), keep };
}

async function* unchunked(source: AsyncIterable<Buffer>, length: number, onTrailer: (sum: string) => void): AsyncGenerator<Buffer> {
  let [rest, left, total, last] = [Buffer.alloc(0), 0, 0, false];
  for await (const data of source) {
    rest = Buffer.concat([rest, data]);
    while (rest.length) {
      if (left) {
        const piece = rest.subarray(0, left);
        [rest, left, total] = [rest.subarray(piece.length), left - piece.length, total + piece.length];
        yield piece;
        continue;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) break;
      const line = rest.subarray(0, end).toString('latin1');
      rest = rest.subarray(end + 2);
      if (last && line.startsWith('x-amz-checksum-')) onTrailer(line.slice(line.indexOf(':') + 1).trim());
      if (last || !line) continue; // what ends a chunk's bytes, and the whole
      left = Number.parseInt(line, 16);
      last = left === 0;
      if (!(left >= 0)) throw new AwsError('IncompleteBody', 'The request body is not in the aws-chunked encoding');
    }
  }
  if (!last || total !== length) throw new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length HTTP header');
}
