// A prediction that grows: text piece by piece, or whatever the model tells on the way, until the answer is there.

import { el, fill } from "../dom.js";
import { describe } from "../schema/fields.js";
import { jsonBlock } from "./json.js";

/** @typedef {import("../schema/follow.js").Schema} Schema */

const SAY_EVERY_MS = 2_500;
const MOST_SAID = 20;

/**
 * The key under which a piece of text stands that is to be added to those before it; "" where the value is the text itself,
 * null where there is no such text. A text among other things is one if the answer has a text of that name.
 *
 * @param {unknown} value
 * @param {Schema | boolean} [schema] of the answer
 * @param {Schema | boolean} [partialSchema] of the value
 * @returns {string | null}
 */
export function textKey(value, schema = {}, partialSchema = {}) {
  const key = textKeyOf(value, schema);
  return key !== null && isTextIn(partialSchema, key) ? key : null;
}

/**
 * @param {unknown} value
 * @param {Schema | boolean} schema
 */
function textKeyOf(value, schema) {
  if (typeof value === "string") return "";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  const texts = entries.filter(([, part]) => typeof part === "string").map(([key]) => key);
  if (texts.length !== 1) return null;
  return entries.length === 1 || hasText(schema, texts[0]) ? texts[0] : null;
}

/**
 * @param {Schema | boolean} schema
 * @param {string} key
 */
function hasText(schema, key) {
  return describe(schema).properties.some(({ name, field }) => name === key && field.kind === "text");
}

/**
 * Whether a string is text, and no picture, choice or date, as far as a schema says.
 *
 * @param {Schema | boolean} schema
 * @param {string} key
 */
function isTextIn(schema, key) {
  const whole = describe(schema);
  const field = key === "" ? whole : whole.properties.find(({ name }) => name === key)?.field;
  return field === undefined || field.kind === "text" || field.kind === "any";
}

/**
 * @param {any} value
 * @param {string | null} key
 * @returns {string | null}
 */
export function textAt(value, key) {
  if (key === null) return null;
  const text = key === "" ? value : value?.[key];
  return typeof text === "string" ? text : null;
}

/**
 * Where partials are shown that are no text.
 *
 * @typedef {object} Slot
 * @property {HTMLElement} element
 * @property {(prediction: unknown) => Promise<void>} show
 */

/** Shows each partial prediction once a frame at most, and says the text aloud in whole words, now and then. */
export class Growing {
  /** @type {string | null | undefined} undefined until the first partial has come */
  #key;
  #text = new Text();
  #block = el("div", { class: "written", tabindex: 0, role: "region", "aria-label": "Text" }, this.#text);
  #said = el("div", { class: "visually-hidden", "aria-live": "polite", "aria-relevant": "additions" });
  #body = el("div", { class: "answer-body" });
  #pending = "";
  #unsaid = "";
  /** @type {unknown} the newest partial, where partials are no text */
  #latest;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saying;
  #schema;
  #partialSchema;
  #slot;
  #isShowing = false;
  #isOver = false;
  element = el("div", { class: "growing" }, this.#body, this.#said);

  /**
   * @param {Schema | boolean} schema of the answer
   * @param {Schema | boolean} partialSchema of the partials
   * @param {Slot} slot
   */
  constructor(schema, partialSchema, slot) {
    this.#schema = schema;
    this.#partialSchema = partialSchema;
    this.#slot = slot;
  }

  /** Whether anything has been shown. */
  get isEmpty() {
    return this.#key === undefined;
  }

  /** Whether what has been shown is text. */
  get isText() {
    return typeof this.#key === "string";
  }

  /** @param {unknown} prediction a partial one */
  add(prediction) {
    if (this.#key === undefined) this.#begin(textKey(prediction, this.#schema, this.#partialSchema));
    const piece = textAt(prediction, this.#key ?? null);
    if (piece === null) this.#latest = prediction;
    else this.#pending += piece;
    this.#frame ||= requestAnimationFrame(this.#draw);
  }

  /**
   * The answer is there, which may say more than its parts did, or something else.
   *
   * @param {unknown} prediction
   */
  finish(prediction) {
    this.stop();
    const text = textAt(prediction, this.#key ?? null);
    if (text === null) {
      fill(this.#body, jsonBlock(prediction, "Prediction"));
      return;
    }
    if (text !== this.#text.data) this.#text.data = text;
    this.#block.setAttribute("aria-label", "Prediction");
    const isAll = typeof prediction === "string" || Object.keys(/** @type {object} */ (prediction)).length === 1;
    const json = el("details", {}, el("summary", {}, isAll ? "JSON" : "All of the prediction"), jsonBlock(prediction, "Prediction as JSON"));
    fill(this.#body, this.#block, json);
  }

  /** Nothing more comes; what was told stays. */
  stop() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#saying);
    this.#isShowing = false; // the newest is shown in any case
    if (!this.isEmpty && !this.#isOver) this.#draw();
    this.#isOver = true;
    this.#block.removeAttribute("data-growing");
    this.#say(this.#unsaid);
    this.#unsaid = "";
  }

  /** @param {string | null} key */
  #begin(key) {
    this.#key = key;
    if (key === null) {
      fill(this.#body, this.#slot.element);
      return;
    }
    this.#block.setAttribute("data-growing", "");
    fill(this.#body, this.#block);
    this.#sayLater();
  }

  #draw = () => {
    this.#frame = 0;
    if (this.#key === null) {
      this.#showLatest();
      return;
    }
    const { scrollHeight, scrollTop, clientHeight } = this.#block;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < 8;
    this.#text.appendData(this.#pending);
    this.#unsaid += this.#pending;
    this.#pending = "";
    // Whoever has scrolled back reads there.
    if (isAtEnd) this.#block.scrollTop = this.#block.scrollHeight;
  };

  /** One after the other: of those that come while one is being made ready, the newest is next. */
  async #showLatest() {
    if (this.#isShowing) return;
    this.#isShowing = true;
    const latest = this.#latest;
    await this.#slot.show(latest);
    this.#isShowing = false;
    if (latest !== this.#latest && !this.#isOver) this.#frame ||= requestAnimationFrame(this.#draw);
  }

  #sayLater() {
    this.#saying = setTimeout(() => {
      const end = this.#unsaid.search(/\s\S*$/);
      if (end > 0) {
        this.#say(this.#unsaid.slice(0, end));
        this.#unsaid = this.#unsaid.slice(end);
      }
      this.#sayLater();
    }, SAY_EVERY_MS);
  }

  /** @param {string} text */
  #say(text) {
    if (text.trim() === "") return;
    this.#said.append(el("p", {}, text));
    if (this.#said.childElementCount > MOST_SAID) this.#said.firstElementChild?.remove();
  }
}
