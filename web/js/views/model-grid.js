// The models as cards. One that changes is made anew, the others stay; what is not looked for is hidden.

import { el, keepingFocus } from "../dom.js";
import { rank, wordsOf } from "../search.js";
import { modelCard } from "./model-card.js";

/** @typedef {import("../api.js").Model} Model */
/** @typedef {{seen: string, element: HTMLElement, texts: string[]}} Card */

/** From here on cards out of sight are not laid out. */
const MANY = 60;

export class ModelGrid {
  /** @type {Map<string, Card>} */
  #cards = new Map();
  element = el("ul", { class: "cards" });

  /** @param {readonly Model[]} models */
  update(models) {
    const known = this.#cards;
    this.#cards = new Map(models.map((model) => [model.qualified_name, cardOf(model, known.get(model.qualified_name))]));
    const wanted = [...this.#cards.values()].map(({ element }) => element);
    this.element.classList.toggle("many", wanted.length > MANY);
    const isSame = wanted.length === this.element.children.length && wanted.every((element, index) => element === this.element.children[index]);
    if (!isSame) keepingFocus(this.element, () => this.element.replaceChildren(...wanted));
  }

  /**
   * @param {string} query
   * @returns {number} how many are shown
   */
  filter(query) {
    const words = wordsOf(query);
    let count = 0;
    for (const { element, texts } of this.#cards.values()) {
      element.hidden = rank(words, texts) === null;
      if (!element.hidden) count += 1;
    }
    return count;
  }

  openFirst() {
    this.#first?.click();
  }

  focusFirst() {
    this.#first?.focus();
  }

  get #first() {
    return /** @type {HTMLElement | null} */ (this.element.querySelector("li:not([hidden]) .actions a"));
  }
}

/**
 * @param {Model} model
 * @param {Card | undefined} known
 * @returns {Card}
 */
function cardOf(model, known) {
  const seen = JSON.stringify(model);
  if (known?.seen === seen) return known;
  return { seen, element: modelCard(model), texts: [model.display_name, model.qualified_name, model.description] };
}
