import { AwsError } from '../types';

/** The trailer of a chunked body, in lower case. */
export type Trailers = Record<string, string>;

/**
 * Decodes the content coding `aws-chunked` without chunk signatures, in which the SDKs send streams (see "Signature calculations for the authorization header:
 * Transferring payload in multiple chunks" in the Amazon S3 API Reference). The trailers are in `trailers` when the body ends.
 */
export async function* unchunked(source: AsyncIterable<Buffer>, length: number, trailers: Trailers): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let [left, total, isLast] = [0, 0, false];
  for await (const data of source) {
    rest = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    while (rest.length > 0) {
      if (left > 0) {
        const piece = rest.subarray(0, left);
        [rest, left, total] = [rest.subarray(piece.length), left - piece.length, total + piece.length];
        yield piece;
        continue;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) break;
      const line = rest.subarray(0, end).toString('latin1');
      rest = rest.subarray(end + 2);
      if (line === '') continue;
      if (isLast) {
        const [, name, value] = /^([^:]+):(.*)$/.exec(line) ?? [];
        if (name === undefined) throw incomplete();
        trailers[name.trim().toLowerCase()] = value.trim();
        continue;
      }
      if (!/^[0-9a-f]{1,8}$/i.test(line)) throw incomplete();
      left = Number.parseInt(line, 16);
      isLast = left === 0;
    }
  }
  if (!isLast || total !== length) throw incomplete();
}

function incomplete(): AwsError {
  return new AwsError('IncompleteBody', 'The request body terminated unexpectedly');
}
