import { EXTENSIONS } from './video-files.js';

/** A file of the user. With a handle, the page can read the file again after a reload. Only Chromium has handles. */
/** @typedef {{ file: File, handle?: FileSystemFileHandle }} PickedFile */

export const canPick = () => 'showOpenFilePicker' in window;

/** Opens the file picker of browsers with file handles. Returns no files if the user cancels. */
export async function pickFiles({ multiple }) {
  try {
    const handles = await window.showOpenFilePicker({ multiple, id: 'videos', types: [{ description: 'Videos', accept: { 'video/*': EXTENSIONS } }] });
    return await Promise.all(handles.map(async (handle) => ({ handle, file: await handle.getFile() })));
  } catch (error) {
    if (error.name === 'AbortError') return [];
    throw error;
  }
}

/** Returns the files of a file input, and empties the input, so that the same file can be chosen again. */
export function filesOf(input) {
  const files = [...input.files].map((file) => ({ file }));
  input.value = '';
  return files;
}

/**
 * Returns the dropped files. A folder has `isFolder`, and the file of a folder has no content. The browser forgets the files after the event, so this function must
 * be called during the event.
 */
export function droppedFiles({ items }) {
  return Promise.all([...items].filter(({ kind }) => kind === 'file').map(async (item) => {
    const file = item.getAsFile();
    const entry = item.webkitGetAsEntry?.();
    if (entry?.isDirectory) return { file: { name: entry.name, size: 0 }, isFolder: true };
    const handle = await item.getAsFileSystemHandle?.().catch(() => undefined);
    return handle?.kind === 'file' ? { file, handle } : { file };
  }));
}

/** Reads the file of a stored handle. The browser may ask the user for permission. */
export async function fileOf(handle) {
  if (await handle.requestPermission?.({ mode: 'read' }) === 'denied') return undefined;
  return handle.getFile();
}
