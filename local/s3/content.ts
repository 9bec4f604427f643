/// <reference lib="esnext.disposable" />
import { createHash } from 'crypto';
import { open } from 'fs/promises';
import { crc32 } from 'zlib';
import { AwsError } from '../types';

const BUFFER_BYTES = 4 * 1024 ** 2;

export type Body = AsyncIterable<Buffer> | Buffer;

export interface Content {
  readonly size: number;
  readonly md5: Buffer;
  /** Base64, as in S3's headers. */
  readonly crc32: string;
}

/**
 * Streams a body to a new file and hashes it, with constant memory use.
 *
 * @param isHashed - whether to compute the MD5. S3 derives the ETag of a multipart upload from its parts, so the MD5 of the whole object is not needed
 */
export async function writeContent(file: string, body: Body, isHashed = true): Promise<Content> {
  const md5 = createHash('md5');
  let size = 0;
  let sum = 0;
  // Creates the file before the first read of the body. If the body failed before the file existed, the caller would delete the file too early.
  const handle = await open(file, 'w');
  try {
    // Each chunk is written before the next chunk is read, so that a body can yield the same buffer again.
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
      size += chunk.length;
      sum = crc32(chunk, sum);
      if (isHashed) md5.update(chunk);
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
  return { size, md5: md5.digest(), crc32: base64Of(sum) };
}

/** Yields the content of files, one after the other. Each chunk is valid only until the next chunk is read, because all chunks share one buffer. */
export async function* contentOfFiles(files: readonly string[]): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  for (const file of files) {
    await using handle = await open(file);
    for (let { bytesRead } = await handle.read(buffer); bytesRead > 0; ({ bytesRead } = await handle.read(buffer))) yield buffer.subarray(0, bytesRead);
  }
}

export const crc32Of = (data: Buffer | string): string => base64Of(crc32(data));

/** Returns the composite checksum of an upload: the CRC32 of its parts' CRC32s, and the number of parts. */
export function compositeOf(parts: readonly { readonly crc32: string }[]): string {
  return `${crc32Of(Buffer.concat(parts.map((part) => Buffer.from(part.crc32, 'base64'))))}-${parts.length}`;
}

/** Throws if a declared CRC32 differs from the CRC32 of the content. In an error of CompleteMultipartUpload, S3 writes the algorithm in lower case. */
export function verifyChecksum(declared: string | undefined, actual: string, algorithm: 'CRC32' | 'crc32' = 'CRC32'): void {
  if (declared !== undefined && declared !== actual) throw new AwsError('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}

/** Whether a text is a CRC32 in base64: 4 bytes. */
export const isCrc32 = (text: string): boolean => /^[A-Za-z0-9+/]{5}[AQgw]==$/.test(text);

function base64Of(sum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  return bytes.toString('base64');
}
