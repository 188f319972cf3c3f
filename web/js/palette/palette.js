// The command palette: a few letters lead to a model, a page or an action.

import { el, fill, newId } from "../dom.js";
import { rank, wordsOf } from "../search.js";
import { stylesheet } from "../stylesheet.js";
import { keyTexts } from "./keys.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../api.js").Model} Model */
/** @typedef {{name: string, hint: string, keys: string[], texts: readonly string[], act: () => void}} Choice */

const MOST_SHOWN = 50;

/**
 * @param {HTMLDialogElement} dialog open already, with a field into which someone may be typing already
 * @param {readonly Action[]} actions
 * @param {readonly Model[]} models
 * @param {(name: string) => void} goToModel
 */
export async function fillPalette(dialog, actions, models, goToModel) {
  await stylesheet("/css/palette.css");
  new Palette(dialog, [...actions.map(ofAction), ...models.map((model) => ofModel(model, goToModel))]);
}

/**
 * @param {Action} action
 * @returns {Choice}
 */
function ofAction(action) {
  return { name: action.name, hint: "Action", keys: keyTexts(action), texts: [action.name], act: action.act };
}

/**
 * @param {Model} model
 * @param {(name: string) => void} go
 * @returns {Choice}
 */
function ofModel({ qualified_name: name, display_name: title, description, state }, go) {
  return { name: title, hint: state === "ready" ? name : `${name} · ${state}`, keys: [], texts: [title, name, description], act: () => go(name) };
}

class Palette {
  #choices;
  /** @type {Choice[]} */
  #found = [];
  #at = 0;
  #id = newId();
  #input;
  #list = el("ul", { role: "listbox", id: `${this.#id}-list`, "aria-label": "Found" });
  #word = el("p", { class: "palette-word", role: "status" });
  #dialog;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {Choice[]} choices
   */
  constructor(dialog, choices) {
    this.#dialog = dialog;
    this.#choices = choices;
    this.#input = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
    this.#input.setAttribute("aria-controls", this.#list.id);
    dialog.append(this.#list, this.#word);
    this.#input.addEventListener("input", () => this.#find());
    this.#input.addEventListener("keydown", (event) => this.#heedKey(event));
    this.#list.addEventListener("click", ({ target }) => {
      const option = target instanceof Element ? target.closest("li") : null;
      if (option !== null) this.#choose([...this.#list.children].indexOf(option));
    });
    this.#find();
  }

  #find() {
    const words = wordsOf(this.#input.value);
    const ranked = this.#choices.flatMap((choice) => {
      const place = rank(words, choice.texts);
      return place === null ? [] : [{ choice, place }];
    });
    ranked.sort((one, other) => one.place - other.place);
    this.#found = ranked.slice(0, MOST_SHOWN).map(({ choice }) => choice);
    fill(this.#list, ...this.#found.map((choice, index) => this.#option(choice, index)));
    const more = ranked.length - this.#found.length;
    this.#word.textContent = ranked.length === 0 ? "Nothing found." : more > 0 ? `and ${more} more: type on` : "";
    this.#goTo(0);
  }

  /**
   * @param {Choice} choice
   * @param {number} index
   */
  #option({ name, hint, keys }, index) {
    return el(
      "li",
      { role: "option", id: `${this.#id}-${index}` },
      el("span", { class: "choice-name", dir: "auto" }, name),
      el("span", { class: "choice-hint" }, hint),
      ...keys.map((key) => el("kbd", {}, key)),
    );
  }

  /** @param {KeyboardEvent} event */
  #heedKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      this.#goTo((this.#at + step + this.#found.length) % Math.max(1, this.#found.length));
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.#choose(this.#at);
    }
  }

  /** @param {number} index */
  #goTo(index) {
    this.#at = index;
    [...this.#list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const option = this.#list.children[index];
    if (option === undefined) this.#input.removeAttribute("aria-activedescendant");
    else this.#input.setAttribute("aria-activedescendant", option.id);
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  #choose(index) {
    const choice = this.#found[index];
    if (choice === undefined) return;
    this.#dialog.close();
    choice.act();
  }
}
