import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';

/** With one buffer of this size, an upload needs about a third of the CPU of a Blob of `openAsBlob`, which allocates a buffer for each 64 KiB. */
const READ_BYTES = 512 * 1024;

/**
 * Returns a file that is read from the disk part by part, only when the bytes are needed. A read throws a `NotReadableError` if the file has changed since this
 * call.
 *
 * @param {string} path
 * @param {{ type?: string }} [options] - `type` is the media type, for example `video/mp4`.
 * @returns {Promise<import('./types.js').FileLike>}
 */
export async function openFile(path, { type } = {}) {
  const opened = await stat(path);
  const check = async () => {
    const { size, mtimeMs } = await stat(path).catch((cause) => { throw unreadable(`cannot read ${path}: ${cause.message}`, cause); });
    if (size !== opened.size || mtimeMs !== opened.mtimeMs) throw unreadable(`${path} changed during the upload`);
  };
  return { name: basename(path), ...(type !== undefined && { type }), size: opened.size, slice: (start, end) => sliceOf(path, start, Math.min(end, opened.size), check) };
}

/**
 * @param {string} path
 * @param {number} start
 * @param {number} end
 * @param {() => Promise<void>} check - Throws an error if the file has changed.
 * @returns {import('./types.js').BlobLike}
 */
function sliceOf(path, start, end, check) {
  async function* stream() {
    await check();
    const file = await open(path).catch((cause) => { throw unreadable(`cannot read ${path}: ${cause.message}`, cause); });
    try {
      const buffer = new Uint8Array(Math.min(READ_BYTES, end - start));
      for (let position = start; position < end;) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - position), position);
        if (bytesRead === 0) throw unreadable(`${path} changed during the upload`);
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }
  return {
    size: end - start,
    slice: (from, to) => sliceOf(path, start + from, Math.min(start + to, end), check),
    stream,
    arrayBuffer: async () => {
      const chunks = [];
      for await (const bytes of stream()) chunks.push(bytes.slice());
      return new Blob(chunks).arrayBuffer();
    },
  };
}

/**
 * @param {string} message
 * @param {unknown} [cause]
 */
function unreadable(message, cause) {
  return Object.assign(new Error(message, { cause }), { name: 'NotReadableError' });
}
