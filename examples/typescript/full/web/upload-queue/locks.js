const PREFIX = 'vod-upload';

/** The name of the lock for the upload of a video. */
export const videoLock = (videoId) => `${PREFIX} video ${videoId}`;

/** The name of the lock for a file. Two tabs must not upload the same file at the same time. */
export const fileLock = ({ name, size, lastModified }) => `${PREFIX} file ${name} ${size} ${lastModified}`;

/** Runs `work` while this tab holds the lock. Returns false, and does not run `work`, if another tab holds the lock. */
export function withLock(name, work) {
  return navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
    if (!lock) return false;
    await work();
    return true;
  });
}

/** Like `withLock`, for the upload of a video. */
export const withVideoLock = (videoId, work) => withLock(videoLock(videoId), work);

/** Resolves when no tab holds the lock. A tab that is closed holds no lock. */
export const released = (name) => navigator.locks.request(name, { mode: 'shared' }, () => undefined);

/** Returns the IDs of the videos that tabs of this browser are uploading. */
export async function videosInUpload() {
  const { held } = await navigator.locks.query();
  return held.map(({ name }) => name).filter((name) => name.startsWith(videoLock(''))).map((name) => name.slice(videoLock('').length));
}
