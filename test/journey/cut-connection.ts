import { request } from 'http';
import type { SignedPut } from '../../local/upload-file';

/** Sends the first half of a body to a signed URL, and then cuts the connection. */
export async function cutConnection({ url, headers }: SignedPut, bytes: Buffer): Promise<void> {
  const put = request(url, { method: 'PUT', headers: { ...headers, 'content-length': bytes.length } });
  const ended = new Promise<void>((resolve) => put.once('close', resolve).once('error', () => resolve()));
  put.write(bytes.subarray(0, bytes.length / 2), () => put.destroy());
  await ended;
}
