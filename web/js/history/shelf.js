// Where the history is kept: in the browser's database, or, where that is forbidden, in memory while the page is open.

/**
 * One question and what became of it.
 *
 * @typedef {object} Entry
 * @property {number} [id] given by the shelf; a later one is greater
 * @property {string} model
 * @property {number} at when it was answered, in ms since 1970
 * @property {unknown} input
 * @property {unknown} [prediction]
 * @property {{code: string, message: string}} [error] instead of a prediction
 * @property {string} [version] of the model
 * @property {number} [elapsedMs]
 * @property {number} bytes how much room it takes, about
 */

/** @typedef {Entry & {id: number}} KeptEntry */

/**
 * @typedef {object} Shelf
 * @property {(entry: Entry) => Promise<unknown>} add
 * @property {(model: string) => Promise<KeptEntry[]>} of the oldest first
 * @property {(ids: readonly number[]) => Promise<unknown>} remove
 * @property {(count: number) => Promise<number[]>} surplus the ids of the oldest entries beyond `count`, of whatever model
 */

/** @implements {Shelf} */
export class MemoryShelf {
  #count = 0;
  /** @type {KeptEntry[]} */
  #entries = [];

  /** @param {Entry} entry */
  async add(entry) {
    this.#entries.push({ ...entry, id: ++this.#count });
  }

  /** @param {string} model */
  async of(model) {
    return this.#entries.filter((entry) => entry.model === model);
  }

  /** @param {readonly number[]} ids */
  async remove(ids) {
    this.#entries = this.#entries.filter(({ id }) => !ids.includes(id));
  }

  /** @param {number} count */
  async surplus(count) {
    return this.#entries.slice(0, Math.max(0, this.#entries.length - count)).map(({ id }) => id);
  }
}

const DATABASE = "tornado-ml";
const STORE = "predictions";

/** @returns {Promise<Shelf>} */
export async function openShelf() {
  try {
    return new DatabaseShelf(await opened());
  } catch {
    return new MemoryShelf();
  }
}

/** @returns {Promise<IDBDatabase>} */
function opened() {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener("upgradeneeded", () => {
    opening.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true }).createIndex("model", "model");
  });
  return settled(opening);
}

/** @implements {Shelf} */
class DatabaseShelf {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** @param {Entry} entry */
  async add(entry) {
    return settled(this.#store("readwrite").add(entry));
  }

  /**
   * @param {string} model
   * @returns {Promise<KeptEntry[]>}
   */
  async of(model) {
    return settled(this.#store("readonly").index("model").getAll(model));
  }

  /** @param {readonly number[]} ids */
  async remove(ids) {
    const store = this.#store("readwrite");
    await Promise.all(ids.map((id) => settled(store.delete(id))));
  }

  /** @param {number} count */
  async surplus(count) {
    const ids = /** @type {number[]} */ (await settled(this.#store("readonly").getAllKeys()));
    return ids.slice(0, Math.max(0, ids.length - count));
  }

  /** @param {IDBTransactionMode} mode */
  #store(mode) {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result), { once: true });
    request.addEventListener("error", () => reject(request.error), { once: true });
  });
}
