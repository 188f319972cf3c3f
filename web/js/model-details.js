// What is known of one model, kept current while a page shows it.

import { ApiError, getMetadata } from "./api.js";
import { equal } from "./schema/equal.js";

/** @typedef {import("./api.js").Metadata} Metadata */
/** @typedef {import("./api.js").Model} Model */
/** @typedef {import("./catalogue.js").Catalogue} Catalogue */

/** Dispatches `change` when `model`, `missing` or `error` did. */
export class ModelDetails extends EventTarget {
  /**
   * Its metadata; only its entry in the list while it is not ready.
   *
   * @type {Model | Metadata | null}
   */
  model = null;
  /** The service knows no model of this name. */
  missing = false;
  /** @type {Error | null} */
  error = null;
  #name;
  #catalogue;
  #generation;
  #edition;
  #seen = "";
  #turn = 0;
  #isAsking = false;
  /** The list has changed since the service was asked. */
  #hasNews = false;

  /**
   * @param {string} name
   * @param {Catalogue} catalogue
   */
  constructor(name, catalogue) {
    super();
    this.#name = name;
    this.#catalogue = catalogue;
    this.#generation = catalogue.generation;
    this.#edition = catalogue.editionOf(name);
    catalogue.addEventListener("change", this.#follow);
    this.load();
  }

  /** No more changes after this. */
  stop() {
    this.#catalogue.removeEventListener("change", this.#follow);
  }

  load = async () => {
    const turn = ++this.#turn;
    this.#isAsking = true;
    const found = await this.#ask();
    if (turn !== this.#turn) return;
    this.#isAsking = false;
    Object.assign(this, found);
    this.#announce();
    if (this.#hasNews) this.#follow();
  };

  #announce() {
    const seen = JSON.stringify([this.model, this.missing, this.error?.message]);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.dispatchEvent(new Event("change"));
  }

  /** @returns {Promise<Partial<Pick<ModelDetails, "model" | "missing" | "error">>>} */
  async #ask() {
    try {
      return { model: await getMetadata(this.#name), missing: false, error: null };
    } catch (error) {
      const { status = 0, code = "" } = error instanceof ApiError ? error : {};
      if (status === 404) return { missing: true };
      if (code === "MODEL_NOT_READY" && this.#catalogue.models === null) await this.#catalogue.load();
      const entry = this.#catalogue.find(this.#name);
      // A model that is not ready says no schemas; those it had when it was ready stay.
      if (code === "MODEL_NOT_READY" && entry !== undefined) {
        return { model: { ...this.model, ...entry }, missing: false, error: null };
      }
      return { error: /** @type {Error} */ (error) };
    }
  }

  /** Load again when the list says something else of the model than is known. */
  #follow = () => {
    const { error, generation } = this.#catalogue;
    this.#hasNews = this.#isAsking;
    if (error !== null || this.#isAsking) return;
    const edition = this.#catalogue.editionOf(this.#name);
    const isCurrent =
      generation === this.#generation &&
      edition === this.#edition &&
      this.error === null &&
      equal(this.model?.versions, this.#catalogue.find(this.#name)?.versions);
    this.#generation = generation;
    this.#edition = edition;
    if (!isCurrent) this.load();
  };
}
