// States of single values.

import { equal } from "../../schema/equal.js";
import { whyInexact, whyNoNumber } from "../../schema/numbers.js";
import { ABSENT, State } from "./state.js";

/** @typedef {import("./state.js").Fault} Fault */
/** @typedef {import("./state.js").Place} Place */
/** @typedef {import("../../schema/fields.js").Field} Field */

/** What is typed. Left alone it is absent; emptied after typing it is the empty text, where that may be one. */
export class TextState extends State {
  text = "";

  get mayBeEmpty() {
    const { minLength = 0, format } = this.field.schema;
    return !(minLength > 0) && format === undefined;
  }

  /** @param {string} text */
  type(text) {
    this.text = text;
    this.presence = text === "" && !this.mayBeEmpty ? "absent" : "set";
  }

  /** @param {string} text */
  hold(text) {
    this.text = text;
    this.become("set");
  }

  /** @override @param {Fault[]} _faults @returns {unknown} */
  content(_faults) {
    return this.text;
  }

  /** @override @param {unknown} value */
  fill(value) {
    this.text = typeof value === "string" ? value : JSON.stringify(value);
  }

  /** @override */
  empty() {
    this.text = "";
  }

  /** @override */
  pack() {
    return this.text;
  }

  /** @override @param {any} content */
  unpack(content) {
    this.text = typeof content === "string" ? content : "";
  }
}

/** A number as it is typed. */
export class NumberState extends TextState {
  /** @override */
  get mayBeEmpty() {
    return false;
  }

  /** @override @param {Fault[]} faults */
  content(faults) {
    const text = this.text.trim();
    if (text === "") return ABSENT;
    const message = whyNoNumber(text);
    if (message === null) return Number(text);
    faults.push({ path: this.pointer, message });
    return text;
  }
}

/** Numbers one after the other, with spaces, commas or new lines between them, in brackets or not. */
export class NumbersState extends TextState {
  /** @override */
  get mayBeEmpty() {
    return !(this.field.schema.minItems > 0);
  }

  /** @override @param {Fault[]} faults */
  content(faults) {
    const words = this.text.replace(/^\s*\[|\]\s*$/g, "").split(/[\s,;]+/).filter(Boolean);
    return words.map((word, index) => {
      const message = whyNoNumber(word);
      if (message === null) return Number(word);
      faults.push({ path: this.pointer, message: `${word.slice(0, 40)} (number ${index + 1}) is no number that can be sent.` });
      return word;
    });
  }

  /** @override @param {unknown} value */
  fill(value) {
    const isRow = Array.isArray(value) && value.every((item) => typeof item === "number");
    this.text = isRow ? value.join(", ") : JSON.stringify(value);
  }
}

/** Any JSON data, written as JSON. */
export class JsonState extends TextState {
  /** @override */
  get mayBeEmpty() {
    return false;
  }

  /** @override @param {Fault[]} faults */
  content(faults) {
    if (this.text.trim() === "") return ABSENT;
    try {
      const value = JSON.parse(this.text);
      const message = whyInexact(this.text);
      if (message !== null) faults.push({ path: this.pointer, message });
      return value;
    } catch (error) {
      faults.push({ path: this.pointer, message: `This is not JSON: ${/** @type {Error} */ (error).message}` });
      return this.text;
    }
  }

  /** @override @param {unknown} value */
  write(value) {
    if (value !== null) super.write(value);
    else {
      this.presence = "set";
      this.fill(null);
      this.changed();
    }
  }

  /** @override @param {unknown} value */
  fill(value) {
    this.text = JSON.stringify(value, null, 2);
  }
}

/** True or false; a box that must be there is false until it is ticked. */
export class BooleanState extends State {
  isTrue = false;

  /** The next of: left out, true, false; as far as it may be each. */
  advance() {
    if (this.presence !== "set") this.#hold(true);
    else if (this.isTrue || !this.mayBeAbsent) this.#hold(!this.isTrue);
    else this.become("absent");
  }

  /** @param {boolean} isTrue */
  #hold(isTrue) {
    this.isTrue = isTrue;
    this.become("set");
  }

  /** @override */
  content() {
    return this.isTrue;
  }

  /** @override @param {unknown} value */
  fill(value) {
    this.isTrue = value === true;
  }

  /** @override */
  empty() {
    this.isTrue = false;
    if (!this.mayBeAbsent) this.presence = "set";
  }

  /** @override */
  pack() {
    return this.isTrue;
  }

  /** @override @param {any} content */
  unpack(content) {
    this.isTrue = content === true;
  }
}

/** One of several values of any kind. */
export class ChoiceState extends State {
  index = -1;

  /** @param {number} index -1 is none of them */
  choose(index) {
    this.index = index;
    this.become(index < 0 ? "absent" : "set");
  }

  /** @override @param {unknown} value */
  write(value) {
    const isChoice = value === null && this.field.choices.includes(null);
    if (!isChoice) super.write(value);
    else this.choose(this.field.choices.indexOf(null));
  }

  /** @override */
  content() {
    return this.index < 0 ? ABSENT : this.field.choices[this.index];
  }

  /** @override @param {unknown} value */
  fill(value) {
    this.index = this.field.choices.findIndex((choice) => equal(choice, value));
    if (this.index < 0) this.presence = "absent";
  }

  /** @override */
  empty() {
    const isSettled = this.place.required && this.field.choices.length === 1;
    this.index = isSettled ? 0 : -1;
    if (isSettled) this.presence = "set";
  }

  /** @override */
  pack() {
    return this.index;
  }

  /** @override @param {any} content */
  unpack(content) {
    this.index = Number.isInteger(content) && content < this.field.choices.length ? content : -1;
  }
}

/** Bytes, as base64. */
export class FileState extends TextState {
  name = "";

  /** @override */
  get mayBeEmpty() {
    return true;
  }

  /**
   * @override
   * @param {string} base64
   * @param {string} [name] of the file; empty where it has none
   */
  hold(base64, name = "") {
    this.name = name;
    super.hold(base64);
  }

  /** @override @param {unknown} value */
  fill(value) {
    super.fill(value);
    this.name = "";
  }
}
