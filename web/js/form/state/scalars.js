// States of what is typed: text, numbers, JSON.

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
