const STORE = 'handles';

/** Stores the file handles of unfinished uploads in the browser, by user and video, so that an upload can continue after a reload. Browsers without handles store nothing. */
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

  /** Removes the handles of all other uploads of the user. */
  async keepOnly(videoIds) {
    const kept = videoIds.map((videoId) => this.#key(videoId));
    const keys = await this.#run('readonly', (store) => store.getAllKeys()) ?? [];
    const others = keys.filter((key) => key.startsWith(this.#key('')) && !kept.includes(key));
    await Promise.all(others.map((key) => this.#run('readwrite', (store) => store.delete(key))));
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
