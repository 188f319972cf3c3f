// The state of many numbers in one place.

import { whyNoNumber } from "../../schema/numbers.js";
import { TextState } from "./scalars.js";

/** @typedef {import("./state.js").Fault} Fault */

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
