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
  return { status, ...(code && { code }) };
}

/**
 * Returns the best way to send bytes on this platform: XMLHttpRequest in pages, `node:http` in Node, `fetch` elsewhere. `fetch` reports no progress.
 *
 * @returns {Promise<import('./types.js').Put>}
 */
export async function platformPut() {
  const put = typeof XMLHttpRequest === 'function' ? putByXhr : globalThis.process?.versions?.node ? (await import('./put-node.js')).putByNode : putByFetch;
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

/** @type {import('./types.js').Put} */
async function putByFetch({ url, headers }, body, { signal }) {
  try {
    const response = await fetch(url, { method: 'PUT', headers, body: /** @type {Blob} */ (body), signal });
    return resultOf(response.status, await response.text());
  } catch (error) {
    throw lost(/** @type {Error} */ (error).message);
  }
}
