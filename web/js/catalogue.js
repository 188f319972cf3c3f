// Which models and plugins there are: one store for the whole page, kept current by what the service pushes.

import { getModels, getPlugins } from "./api.js";
import { equal } from "./schema/equal.js";

/** @typedef {import("./api.js").Model} Model */
/** @typedef {import("./api.js").Plugin} Plugin */
/** @typedef {import("./client/index.js").Client} Client */

const STALE_MS = 10_000;

/** Dispatches `change` after each attempt to load, whether anything changed or not, and when a model did. */
export class Catalogue extends EventTarget {
  /** @type {Model[] | null} */
  models = null;
  /** @type {Plugin[]} none before `includePlugins` */
  plugins = [];
  /** @type {Error | null} */
  error = null;
  /** Counts up whenever all that was read before may be out of date. */
  generation = 0;
  /** @type {Promise<void> | null} */
  #loading = null;
  #includesPlugins = false;
  /** @type {Map<string, Model>} what was pushed while the list was being loaded: it is newer */
  #news = new Map();
  #loadedAt = -Infinity;
  /** @type {Map<string, number>} */
  #editions = new Map();

  /** Load now; joins a load that is under way. */
  load() {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** From now on the plugins are loaded too: few pages show them. */
  async includePlugins() {
    if (this.#includesPlugins) return;
    this.#includesPlugins = true;
    await this.#loading; // which may have begun without them
    await this.load();
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

  /**
   * Be told of each change of a model.
   *
   * @param {Client} client
   */
  async follow(client) {
    for await (const model of client.subscribeModels()) this.#take(model);
  }

  /** @param {string} name */
  find(name) {
    return this.models?.find((model) => model.qualified_name === name);
  }

  /**
   * Counts up with each change of a model that the service tells of, also one that does not show in the list: it may be
   * loaded anew, and take something else, under the same version.
   *
   * @param {string} name
   */
  editionOf(name) {
    return this.#editions.get(name) ?? 0;
  }

  /**
   * Whether a model can be asked, once it is not loading any more.
   *
   * @param {string} name
   * @param {AbortSignal} signal
   */
  async becomesReady(name, signal) {
    await this.load();
    while (this.find(name)?.state === "loading") await this.#change(signal);
    return this.find(name)?.state === "ready";
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  #change(signal) {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      this.addEventListener("change", () => resolve(), { once: true, signal });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  async #load() {
    this.#news.clear();
    try {
      const [models, plugins] = await Promise.all([getModels(), this.#includesPlugins ? getPlugins() : []]);
      const listed = new Set(models.map(({ qualified_name: name }) => name));
      const missed = [...this.#news.values()].filter((model) => !listed.has(model.qualified_name) && !isGone(model));
      this.models = [...models.map((model) => this.#news.get(model.qualified_name) ?? model), ...missed];
      this.plugins = plugins;
      this.error = null;
      this.#loadedAt = performance.now();
    } catch (error) {
      this.error = /** @type {Error} */ (error);
    }
    this.#changed();
  }

  /** @param {Model} model */
  #take(model) {
    const { qualified_name: name } = model;
    const known = this.find(name);
    const told = this.#editions.get(name);
    // At first it is told how things are.
    this.#editions.set(name, told === undefined ? 0 : told + 1);
    this.#news.set(name, model);
    if (this.models === null || (told === undefined && equal(known, model))) return;
    this.models = this.models.map((one) => (one === known ? model : one));
    // A model that is new stands somewhere in the list, one that is gone stands nowhere, and its plugin may have changed too.
    if (known === undefined || isGone(model)) this.load();
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {Model} model whether it is, or is about to be */
function isGone({ versions }) {
  return versions.every(({ state }) => state === "unloading");
}
