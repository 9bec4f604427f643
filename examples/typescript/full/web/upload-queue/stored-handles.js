const STORE = 'handles';

/** Stores the file handles of unfinished uploads in the browser, by user and video. Browsers without handles store nothing. */
export class StoredHandles {
  #userId;
  #database;

  /** @param userId - Returns the ID of the user. */
  constructor(userId) {
    this.#userId = userId;
  }

  find(videoId) {
    return this.#run('readonly', (store) => store.get(this.#key(videoId)));
  }

  save(videoId, handle) {
    return this.#run('readwrite', (store) => store.put(handle, this.#key(videoId)));
  }

  remove(videoId) {
    return this.#run('readwrite', (store) => store.delete(this.#key(videoId)));
  }

  #key(videoId) {
    return `${this.#userId()} ${videoId}`;
  }

  /** Returns undefined if the browser stores nothing, for example in a private window. The user then chooses the file again. */
  async #run(mode, work) {
    try {
      this.#database ??= open();
      return await resultOf(work((await this.#database).transaction(STORE, mode).objectStore(STORE)));
    } catch {
      return undefined;
    }
  }
}

function open() {
  const opening = indexedDB.open('vod-uploads', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return resultOf(opening);
}

function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
