import { createHash } from 'crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import { pipeline } from 'stream/promises';
import type { FileContent } from '../../local/upload-file';

const MEBIBYTE = 1024 ** 2;

/**
 * Creates the content of a file that is not a video. Each read computes its bytes, so the whole file is never in memory. Each mebibyte is different, so that
 * swapped parts change the checksum.
 */
export function madeContent(size: number): FileContent {
  return {
    size,
    read(start, end) {
      const bytes = Buffer.alloc(end - start);
      for (let at = start; at < end;) {
        const block = Math.floor(at / MEBIBYTE);
        const next = Math.min((block + 1) * MEBIBYTE, end);
        const text = `no video ${block} `;
        const phase = at % MEBIBYTE % text.length;
        bytes.fill(text.slice(phase) + text.slice(0, phase), at - start, next - start);
        at = next;
      }
      return bytes;
    },
  };
}

export async function digestOf({ size, read }: FileContent): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < size; start += MEBIBYTE) hash.update(await read(start, Math.min(start + MEBIBYTE, size)));
  return hash.digest('hex');
}

/** Returns the SHA-256 of a video's source file in the local S3. Returns undefined if the local S3 has no such object. */
export async function storedDigest(data: string, videoId: string): Promise<string | undefined> {
  const folder = path.join(data, 's3');
  const facts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json') && !name.startsWith('.')).map((name) => path.join(folder, name));
  for (const file of facts) {
    const { key, bytes } = JSON.parse(readFileSync(file, 'utf8'));
    if (!String(key).startsWith(`source/${videoId}/`)) continue;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path.join(path.dirname(file), bytes), { highWaterMark: MEBIBYTE }), hash);
    return hash.digest('hex');
  }
  return undefined;
}

/** A part of an incomplete upload in the local S3. `file` is the name of the file that contains its bytes. */
export interface PartFacts {
  readonly partNumber: number;
  readonly file: string;
}

/** Returns the parts of all incomplete uploads in the local S3, in the order of their numbers. */
export function storedParts(data: string): PartFacts[] {
  const facts = partFiles(data).filter((name) => /\b\d+\.json$/.test(name)).map((name) => JSON.parse(readFileSync(path.join(data, 's3', '.uploads', name), 'utf8')));
  return facts.sort((one, other) => one.partNumber - other.partNumber);
}

/** Returns the names of the files of incomplete uploads in the local S3. */
export function partFiles(data: string): string[] {
  const folder = path.join(data, 's3', '.uploads');
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
}
