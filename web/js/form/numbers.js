// The control of many numbers in one place.

import { el } from "../dom.js";
import { TypedControl } from "./text.js";

/** @typedef {import("./state/numbers.js").NumbersState} NumbersState */

/** Many numbers, typed or pasted one after the other. */
export class NumbersControl extends TypedControl {
  /** @param {NumbersState} state */
  constructor(state) {
    super(state, el("textarea", { class: "code", rows: 2, spellcheck: "false", autocapitalize: "off" }));
    this.update();
  }
}
