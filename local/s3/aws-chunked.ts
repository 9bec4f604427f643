import { AwsError } from '../types';

/** The trailers of a chunked body, by name in lower case. */
export type Trailers = Record<string, string>;

/** The smallest chunk, except for the last one (see "Object body chunk size" in "Checking object integrity for data uploads" of the Amazon S3 User Guide). */
const MIN_CHUNK_BYTES = 8192;
/** The longest line between chunks: a length, or a checksum with its name. */
const MAX_LINE_BYTES = 1024;

/**
 * Decodes a body with the content coding `aws-chunked`, without chunk signatures. The SDKs use this coding for streams (see "Using trailing checksums" in
 * "Checking object integrity for data uploads" of the Amazon S3 User Guide). At the end of the body, `trailers` contains the trailers.
 *
 * @param length - the length of the decoded body
 * @param expected - the name of the only trailer, if the request announced one
 */
export async function* unchunked(source: AsyncIterable<Buffer>, length: number, expected: string | undefined, trailers: Trailers): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  /** `left`: the bytes of the current chunk that have not arrived. `total`: the bytes of all chunks so far. */
  let [left, total, chunk] = [0, 0, Infinity];
  let state: 'size' | 'data' | 'end of data' | 'trailer' | 'end' = 'size';
  for await (const data of source) {
    rest = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    while (rest.length > 0) {
      if (state === 'data') {
        const piece = rest.subarray(0, left);
        [rest, left] = [rest.subarray(piece.length), left - piece.length];
        if (left === 0) state = 'end of data';
        yield piece;
        continue;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0 && rest.length <= MAX_LINE_BYTES) break;
      if (end < 0 || state === 'end') throw incomplete();
      const line = rest.subarray(0, end).toString('latin1');
      rest = rest.subarray(end + 2);
      if (state === 'end of data') {
        if (line !== '') throw incomplete();
        state = 'size';
      } else if (state === 'trailer') {
        if (line === '') state = 'end';
        else addTrailer(line, expected, trailers);
      } else {
        if (!/^[0-9a-f]{1,10}$/i.test(line)) throw incomplete();
        left = Number.parseInt(line, 16);
        if (left > 0 && chunk < MIN_CHUNK_BYTES) throw new AwsError('InvalidChunkSizeError', 'Only the last chunk is allowed to have a size less than 8192 bytes');
        [total, chunk, state] = [total + left, left, left > 0 ? 'data' : 'trailer'];
        if (total > length || left === 0 && total !== length) {
          throw new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length HTTP header');
        }
      }
    }
  }
  if (state !== 'end') throw incomplete();
  if (expected !== undefined && trailers[expected] === undefined) throw malformedTrailer();
}

function addTrailer(line: string, expected: string | undefined, trailers: Trailers): void {
  const [, name, value] = /^([^:]+):(.*)$/.exec(line.trim()) ?? [];
  if (name === undefined || name.trim().toLowerCase() !== expected || trailers[expected] !== undefined) throw malformedTrailer();
  trailers[expected] = value.trim();
}

function incomplete(): AwsError {
  return new AwsError('IncompleteBody', 'The request body terminated unexpectedly');
}

function malformedTrailer(): AwsError {
  return new AwsError('MalformedTrailerError', 'The request contained trailing data that was not well-formed or did not conform to our published schema.');
}
