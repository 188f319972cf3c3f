// What was asked, and what was answered: the last of each model, within bounds.

import { openShelf } from "./shelf.js";

/** @typedef {import("./shelf.js").Entry} Entry */
/** @typedef {import("./shelf.js").KeptEntry} KeptEntry */
/** @typedef {import("./shelf.js").Shelf} Shelf */

export const MOST_OF_A_MODEL = 100;
const MOST_BYTES_OF_A_MODEL = 8_000_000;
const MOST_BYTES_OF_ONE = 1_000_000;
const MOST_IN_ALL = 2_000;

/** Dispatches `change` after each change. */
export class History extends EventTarget {
  #shelf;

  /** @param {Shelf} shelf */
  constructor(shelf) {
    super();
    this.#shelf = shelf;
  }

  /** @param {Omit<Entry, "bytes">} entry one that is too large is not kept */
  async add(entry) {
    const bytes = JSON.stringify(entry).length;
    if (bytes > MOST_BYTES_OF_ONE) return;
    await this.#shelf.add({ ...entry, bytes });
    const surplus = beyondBounds(await this.#shelf.of(entry.model));
    await this.#remove([...surplus, ...(await this.#shelf.surplus(MOST_IN_ALL))]);
  }

  /**
   * @param {string} model
   * @returns {Promise<KeptEntry[]>} the newest first
   */
  async of(model) {
    return (await this.#shelf.of(model)).reverse();
  }

  /** @param {number} id */
  async remove(id) {
    await this.#remove([id]);
  }

  /** @param {string} model */
  async clear(model) {
    await this.#remove((await this.#shelf.of(model)).map(({ id }) => id));
  }

  /** @param {readonly number[]} ids */
  async #remove(ids) {
    if (ids.length > 0) await this.#shelf.remove(ids);
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {readonly KeptEntry[]} entries the oldest first */
function beyondBounds(entries) {
  let bytes = 0;
  return [...entries]
    .reverse()
    .filter((entry, index) => (bytes += entry.bytes) > MOST_BYTES_OF_A_MODEL || index >= MOST_OF_A_MODEL)
    .map(({ id }) => id);
}

/** @type {Promise<History> | null} */
let opening = null;

/** The one of this page. */
export function openHistory() {
  opening ??= openShelf().then((shelf) => new History(shelf));
  return opening;
}
