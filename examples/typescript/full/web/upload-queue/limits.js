import { readableSize } from './readable.js';

/** The page sends this media type if the browser knows no type of a file. The service detects the container itself. */
export const DEFAULT_TYPE = 'video/mp4';

/** Returns the limits of the service, which the deployment writes to index.html. The service checks the same limits when an upload starts. */
export function limitsOf(page) {
  const read = (name) => page.querySelector(`meta[name="${name}"]`)?.content;
  return { maxBytes: Number(read('upload-max-bytes') ?? Infinity), contentTypes: read('upload-content-types')?.split(' ') ?? ['*'] };
}

/** Returns why the service would reject a file, or undefined. */
export function refusalOf({ name, size, type }, { maxBytes, contentTypes }) {
  if (size > maxBytes) return `${name} (${readableSize(size)}) exceeds the maximum size of ${readableSize(maxBytes)} by ${readableSize(size - maxBytes)}.`;
  const given = (type || DEFAULT_TYPE).toLowerCase();
  const isAllowed = contentTypes.some((range) => (range.endsWith('*') ? given.startsWith(range.slice(0, -1).toLowerCase()) : given === range.toLowerCase()));
  if (isAllowed) return undefined;
  // The other default types are also videos, so the list would not help.
  if (contentTypes.includes('video/*')) return `${name}: only videos can be uploaded. This file has the type ${given}.`;
  return `${name}: files of the type ${given} can't be uploaded here. Allowed types: ${contentTypes.join(', ')}.`;
}
