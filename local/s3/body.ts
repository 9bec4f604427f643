import { AwsError, type DoorRequest } from '../types';
import { ALGORITHMS, type Algorithm, type Body, type Checksums } from './store';

const MOST = 5 * 1024 ** 3;

/** A header, or the query parameter that signing in the address makes of it. */
export const header = (request: DoorRequest, name: string): string | undefined => request.headers[name] ?? request.query.get(name) ?? undefined;

/** What a client declared of the bytes it sends; an algorithm we have not is refused, never ignored. */
export function declared(request: DoorRequest): Checksums {
  const names = [...Object.keys(request.headers), ...request.query.keys()].map((name) => name.toLowerCase());
  const sums = names.flatMap((name) => /^x-amz-checksum-(?!mode$|type$|algorithm$)(.+)$/.exec(name)?.[1] ?? []);
  const unknown = sums.find((name) => !(ALGORITHMS as readonly string[]).includes(name));
  if (unknown || names.includes('content-md5')) throw new AwsError('NotImplemented', `No ${unknown ?? 'Content-MD5'} checksum on one machine`, 501);
  return Object.fromEntries(sums.map((name) => [name, header(request, `x-amz-checksum-${name}`)]));
}

/** The bytes of an upload: as sent, or out of the SDK's aws-chunked encoding with its trailing checksum put into `expect`. */
export function bodyOf(request: DoorRequest, expect: Checksums): { body: Body; keep: Algorithm[] } {
  const chunked = request.headers['x-amz-content-sha256']?.startsWith('STREAMING-') ?? false;
  const length = request.headers[chunked ? 'x-amz-decoded-content-length' : 'content-length'];
  if (length === undefined) throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  if (+length > MOST) throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  if (!chunked) return { body: request.raw, keep: [] };
  const trailer = /^x-amz-checksum-(.+)$/.exec(request.headers['x-amz-trailer'] ?? '')?.[1] as Algorithm | undefined;
  if (trailer && !ALGORITHMS.includes(trailer)) throw new AwsError('NotImplemented', `No ${trailer} checksum on one machine`, 501);
  return { body: unchunked(request.raw, +length, (sum) => { if (trailer) expect[trailer] = sum; }), keep: trailer ? [trailer] : [] };
}

async function* unchunked(source: AsyncIterable<Buffer>, length: number, onTrailer: (sum: string) => void): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  let left = 0;
  let total = 0;
  let last = false;
  for await (const data of source) {
    rest = Buffer.concat([rest, data]);
    while (rest.length) {
      if (left) {
        const piece = rest.subarray(0, left);
        rest = rest.subarray(piece.length);
        left -= piece.length;
        total += piece.length;
        yield piece;
        continue;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) break;
      const line = rest.subarray(0, end).toString('latin1');
      rest = rest.subarray(end + 2);
      if (!line) continue; // what ends a chunk's bytes
      if (last) {
        if (line.startsWith('x-amz-checksum-')) onTrailer(line.slice(line.indexOf(':') + 1).trim());
      } else {
        left = Number.parseInt(line, 16);
        last = left === 0;
        if (!(left >= 0)) throw new AwsError('IncompleteBody', 'The request body is not in the aws-chunked encoding');
      }
    }
  }
  if (!last || total !== length) throw new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length HTTP header');
}
