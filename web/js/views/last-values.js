// The last values of a source as a table: what its chart shows, in words.

import { el } from "../dom.js";

/** @typedef {import("../chart/history.js").History} History */
/** @typedef {import("../chart/readings.js").Reading} Reading */
/** @typedef {import("../chart/readings.js").Readings} Readings */

const MOST_ROWS = 6;

/** Its rows are made once, and written anew several times a second. */
export class LastValues {
  #readings;
  #rows = Array.from({ length: MOST_ROWS }, () => el("tr", { hidden: true }));
  element;

  /** @param {Readings} readings */
  constructor(readings) {
    this.#readings = readings;
    const { numbers, flags, moment } = readings;
    const heads = [moment?.label ?? "Time", ...numbers.map(withUnit), ...flags.map(({ label }) => label)];
    for (const row of this.#rows) {
      row.append(...heads.map((_head, index) => el(index === 0 ? "th" : "td", { scope: index === 0 && "row" }, "–")));
    }
    this.element = el(
      "table",
      { class: "values" },
      el("caption", {}, "Last values"),
      el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...this.#rows),
    );
  }

  /** @param {History} history */
  update(history) {
    const newest = history.moments.map((_moment, at) => at).filter((at) => history.moments[at] !== "").slice(-MOST_ROWS).reverse();
    this.#rows.forEach((row, index) => {
      row.hidden = index >= newest.length;
      if (!row.hidden) this.#write(row, history, newest[index]);
    });
  }

  /**
   * @param {HTMLElement} row
   * @param {History} history
   * @param {number} at
   */
  #write(row, history, at) {
    const { numbers, flags } = this.#readings;
    const areUp = flags.map((reading) => history.flags.get(reading)?.[at] === true);
    row.dataset.up = String(areUp.some(Boolean));
    const texts = [history.moments[at], ...numbers.map((reading) => shownNumber(history.numbers.get(reading)?.[at])), ...areUp.map(shownFlag)];
    texts.forEach((text, index) => write(row.children[index], text));
  }
}

/** @param {Reading} reading */
function withUnit({ label, unit }) {
  return unit ? `${label} (${unit})` : label;
}

/**
 * @param {Element} element that holds one text
 * @param {string} text
 */
export function write(element, text) {
  const node = /** @type {Text} */ (element.firstChild);
  if (node.data !== text) node.data = text;
}

/** @param {unknown} value */
export function shownNumber(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(5))) : "–";
}

/** @param {boolean} isUp */
export function shownFlag(isUp) {
  return isUp ? "yes" : "no";
}
