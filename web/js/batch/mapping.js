// Which column of a file goes where in the input: a table to look over and change.

import { el } from "../dom.js";
import { matched, targetsOf } from "./targets.js";

/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {import("./reading.js").CellFile} CellFile */
/** @typedef {import("./targets.js").Target} Target */

const MOST_SHOWN = 100;

export class Mapping {
  /** @type {(Target | null)[]} of the columns; null goes nowhere */
  targets;
  element;

  /**
   * @param {CellFile} file
   * @param {Schema | boolean} schema
   * @param {() => void} onChange
   */
  constructor({ names, rows }, schema, onChange) {
    this.targets = matched(names, schema);
    const offered = targetsOf(schema);
    const shown = names.slice(0, MOST_SHOWN).map((name, index) => this.#row(name, rows[0]?.[index] ?? "", index, offered, onChange));
    const more = names.length - shown.length;
    this.element = el(
      "div",
      { class: "side-by-side", tabindex: 0, role: "region", "aria-label": "Columns" },
      el(
        "table",
        { class: "values" },
        el("caption", { class: "visually-hidden" }, "Columns of the file, and where they go"),
        el("thead", {}, el("tr", {}, ...["Column", "First value", "Goes to"].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, ...shown, more > 0 && el("tr", {}, el("td", { colspan: 3 }, `and ${more} more, matched by their names`))),
      ),
    );
  }

  /** @returns {string} what is wrong with it; empty if nothing is */
  get fault() {
    return this.targets.every((target) => target === null) ? "No column goes anywhere: choose where to." : "";
  }

  /**
   * @param {string} name
   * @param {string} sample
   * @param {number} index
   * @param {readonly Target[]} offered
   * @param {() => void} onChange
   */
  #row(name, sample, index, offered, onChange) {
    const chosen = this.targets[index];
    const known = offered.findIndex(({ label }) => label === chosen?.label);
    const options = chosen !== null && known < 0 ? [...offered, chosen] : offered;
    const select = el(
      "select",
      { class: "small", "aria-label": `Where ${name || `column ${index + 1}`} goes` },
      el("option", { value: "" }, "Nowhere"),
      ...options.map(({ label }, at) => el("option", { value: at, selected: label === chosen?.label }, label)),
    );
    select.addEventListener("change", () => {
      this.targets[index] = select.value === "" ? null : options[Number(select.value)];
      onChange();
    });
    return el("tr", {}, el("th", { scope: "row", dir: "auto" }, name || `Column ${index + 1}`), el("td", { dir: "auto" }, sample), el("td", {}, select));
  }
}
