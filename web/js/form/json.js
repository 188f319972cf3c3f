// A control for any JSON data, written as JSON: for what has no better one, and for the whole input.

import { el } from "../dom.js";
import { ABSENT, LabelledControl } from "./control.js";

/** @typedef {import("./control.js").Place} Place */
/** @typedef {import("./control.js").Fault} Fault */
/** @typedef {import("../schema/fields.js").Field} Field */

export class JsonControl extends LabelledControl {
  /**
   * @param {Field} field
   * @param {Place} place
   */
  constructor(field, place) {
    super(field, place, el("textarea", { class: "code", rows: 3, spellcheck: "false", autocapitalize: "off" }));
  }

  /** @override @param {Fault[]} faults */
  read(faults) {
    const text = this.input.value;
    if (text.trim() === "") return ABSENT;
    try {
      return JSON.parse(text);
    } catch (error) {
      faults.push({ path: this.pointer, message: `This is not JSON: ${/** @type {Error} */ (error).message}` });
      return text;
    }
  }

  /** @override @param {unknown} value */
  write(value) {
    this.input.value = value === ABSENT ? "" : JSON.stringify(value, null, 2);
  }
}
