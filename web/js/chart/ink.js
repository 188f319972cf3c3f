// The colours of the style sheet, for a canvas, which knows no style sheet.

import { el } from "../dom.js";

/** @typedef {"text" | "grid" | "mark" | `line-${number}`} InkName */

export class Ink {
  /** @type {Map<InkName, {full: string, wash: string}>} */
  #known = new Map();
  /** To be put where the colours are to hold. */
  probe = el("span", { class: "ink", hidden: true });

  /** @param {InkName} name */
  of(name) {
    let colours = this.#known.get(name);
    if (colours === undefined) {
      this.probe.dataset.ink = name;
      const { color, backgroundColor } = getComputedStyle(this.probe);
      colours = { full: color, wash: backgroundColor };
      this.#known.set(name, colours);
    }
    return colours;
  }

  /** The style sheet says other colours from now on. */
  forget() {
    this.#known.clear();
  }
}

/** @param {number} index of a line, from 0 */
export function lineInk(index) {
  return /** @type {InkName} */ (`line-${(index % 6) + 1}`);
}
