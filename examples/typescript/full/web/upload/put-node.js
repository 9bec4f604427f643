import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { lost, resultOf } from './put.js';

const MAX_WRITE_BYTES = 512 * 1024;
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

/**
 * Sends the bytes of a Blob as a stream. `fetch` of Node reports no progress, and needs twice the CPU.
 *
 * @type {import('./types.js').Put}
 */
export async function putByNode({ url, headers }, body, { signal, onProgress }) {
  const { protocol } = new URL(url);
  const options = { method: 'PUT', headers: { ...headers, 'content-length': body.size }, signal };
  const request = protocol === 'https:' ? httpsRequest(url, { ...options, agent: agents['https:'] }) : httpRequest(url, { ...options, agent: agents['http:'] });
  /** @type {Promise<import('./types.js').PutResult>} */
  const result = new Promise((resolve, reject) => {
    const fail = (/** @type {Error} */ { message }) => reject(lost(message));
    request.on('error', fail);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('error', fail);
      response.on('end', () => resolve(resultOf(response.statusCode ?? 0, text)));
    });
  });
  // S3 can respond before it has received the whole body.
  try {
    await Promise.race([send(request, body, onProgress), result]);
    return await result;
  } finally {
    if (!request.writableEnded) request.destroy();
  }
}

/**
 * @param {import('node:http').ClientRequest} request
 * @param {import('./types.js').BlobLike} body
 * @param {(loadedBytes: number) => void} onProgress
 */
async function send(request, body, onProgress) {
  /** @type {(() => void) | undefined} */
  let proceed;
  // Node does not call the callback of a write that waits for a connection if the request is destroyed.
  request.on('close', () => proceed?.());
  let loadedBytes = 0;
  for await (const chunk of body.stream()) {
    // The stream of a Blob in memory is one chunk.
    for (let start = 0; start < chunk.length; start += MAX_WRITE_BYTES) {
      if (request.destroyed) return;
      const bytes = chunk.subarray(start, start + MAX_WRITE_BYTES);
      // After the callback, the buffer of the bytes can be used again.
      await new Promise((resolve) => {
        proceed = () => resolve(undefined);
        request.write(bytes, proceed);
      });
      loadedBytes += bytes.length;
      onProgress(loadedBytes);
    }
  }
  request.end();
}
