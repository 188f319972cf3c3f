// Which models and plugins there are: one store for the whole page.

import { getModels, getPlugins } from "./api.js";

/** @typedef {import("./api.js").Model} Model */
/** @typedef {import("./api.js").Plugin} Plugin */

const POLL_MS = 2_000;
const STALE_MS = 10_000;

/** Dispatches `load` after each attempt to load, whether anything changed or not. */
export class Catalogue extends EventTarget {
  /** @type {Model[] | null} */
  models = null;
  /** @type {Plugin[]} */
  plugins = [];
  /** @type {Error | null} */
  error = null;
  /** Counts up whenever all that was read before may be out of date. */
  generation = 0;
  /** @type {Promise<void> | null} */
  #loading = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #loadedAt = -Infinity;

  /** Load now; joins a load that is under way. */
  load() {
    clearTimeout(this.#timer);
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** Load in a moment: when something is known to be about to change. */
  loadSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load(), POLL_MS);
  }

  /** Load anew what a service says that was away, and may be another one now. */
  renew() {
    this.generation += 1;
    return this.load();
  }

  /** Load unless what is known is fresh: for a person who comes back to the page. */
  refresh() {
    if (performance.now() - this.#loadedAt > STALE_MS) this.load();
  }

  /** @param {string} name */
  find(name) {
    return this.models?.find((model) => model.qualified_name === name);
  }

  async #load() {
    try {
      [this.models, this.plugins] = await Promise.all([getModels(), getPlugins()]);
      this.error = null;
      this.#loadedAt = performance.now();
    } catch (error) {
      this.error = /** @type {Error} */ (error);
    }
    if (this.error !== null || this.models?.some(isChanging)) this.loadSoon();
    this.dispatchEvent(new Event("load"));
  }
}

/** @param {Model} model */
function isChanging({ versions }) {
  return versions.some(({ state }) => state === "loading" || state === "unloading");
}
