import { createHash } from 'crypto';
import { createWriteStream } from 'fs';
import { Readable } from 'stream';
import { pipeline } from 'stream/promises';
import { crc32 } from 'zlib';
import { AwsError } from '../types';

export type Body = AsyncIterable<Buffer> | Buffer;

/** Facts about bytes that were written to a file. */
export interface Content {
  readonly size: number;
  readonly md5: Buffer;
  /** Base64, as in S3's headers. */
  readonly crc32: string;
}

/** Streams a body to a new file and hashes it, with constant memory use. */
export async function writeContent(file: string, body: Body): Promise<Content> {
  const md5 = createHash('md5');
  let size = 0;
  let sum = 0;
  await pipeline(Buffer.isBuffer(body) ? Readable.from([body]) : body, async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      size += chunk.length;
      sum = crc32(chunk, sum);
      md5.update(chunk);
      yield chunk;
    }
  }, createWriteStream(file));
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(sum);
  return { size, md5: md5.digest(), crc32: checksum.toString('base64') };
}

/** Throws if a declared CRC32 differs from the CRC32 of the content. */
export function verifyChecksum(declared: string | undefined, actual: string): void {
  if (declared !== undefined && declared !== actual) throw new AwsError('BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
}
