import { TemporaryError, toUploadError } from './errors.js';

/**
 * Returns the error code of a response of S3.
 *
 * @param {number} status
 * @param {string} body
 * @returns {import('./types.js').PutResult}
 */
export function resultOf(status, body) {
  const code = status < 300 ? undefined : /<Code>([A-Za-z]+)<\/Code>/.exec(body)?.[1];
  return { status, code };
}

/**
 * Returns the way to send bytes on this platform: XMLHttpRequest in pages, `node:http` in Node. `fetch` is not used, because it reports no progress.
 *
 * @returns {Promise<import('./types.js').Put>}
 */
export async function platformPut() {
  const put = typeof XMLHttpRequest === 'function' ? putByXhr : (await import('./put-node.js')).putByNode;
  // A lost connection is a TemporaryError. Any other error, for example of an invalid URL, would occur again.
  return (...request) => put(...request).catch((error) => {
    throw toUploadError(error);
  });
}

/** @param {string} [reason] */
export function lost(reason = 'no response') {
  return new TemporaryError('no_connection', `the connection to S3 was lost: ${reason}`);
}

/** @type {import('./types.js').Put} */
function putByXhr({ url, headers }, body, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort);
    request.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => resolve(resultOf(request.status, request.responseText)));
    request.addEventListener('error', () => reject(lost()));
    request.addEventListener('abort', () => reject(signal.reason));
    request.addEventListener('loadend', () => signal.removeEventListener('abort', abort));
    request.send(/** @type {Blob} */ (body));
  });
}
