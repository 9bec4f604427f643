// Computes checksums outside the main thread. `crc32.js` is dist/esm/src/index.js of the npm package @foxglove/crc (see README.md).
import { crc32Of } from './checksum.js';
import { crc32Final, crc32Init, crc32Update } from './crc32.js';

self.addEventListener('message', async ({ data: { id, blob } }) => {
  try {
    let state = crc32Init();
    await crc32Of(blob, (bytes) => state = crc32Update(state, bytes));
    self.postMessage({ id, crc: crc32Final(state) });
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    self.postMessage({ id, error: { name, message } });
  }
});
