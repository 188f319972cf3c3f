// A table that is sorted by its heads, and shown page by page: ten thousand rows are as quick as ten.

import { button, el, fill } from "../dom.js";
import { counted, inline, shownNumber, webAddress } from "./format.js";
import { link } from "./scalars.js";
import { ordered, tableOf } from "./table-data.js";

/** @typedef {import("./part.js").Part} Part */
/** @typedef {import("./table-data.js").TableData} TableData */

const PAGE = 25;
const LONGEST_CELL = 200;
const MOVES = /** @type {const} */ ([["First", "« First"], ["Previous", "‹ Previous"], ["Next", "Next ›"], ["Last", "Last »"]]);

/** @param {Part} part */
export function showTable(part) {
  return new PagedTable(tableOf(part), part.label || "Prediction").element;
}

class PagedTable {
  #data;
  /** @type {number[]} */
  #order;
  #page = 0;
  #sorted = { column: -1, isDescending: false };
  #body = el("tbody");
  /** @type {HTMLTableCellElement[]} */
  #heads;
  #where = el("span", { class: "small-print", role: "status" });
  /** @type {HTMLButtonElement[]} */
  #moves;
  element;

  /**
   * @param {TableData} data
   * @param {string} label
   */
  constructor(data, label) {
    this.#data = data;
    this.#order = ordered(data, -1, false);
    this.#heads = [{ label: data.corner, isNumeric: false }, ...data.columns].map((column, index) => this.#head(column, index - 1));
    const size = `${counted(data.rows.length, "row")}, ${counted(data.columns.length + data.hiddenColumns, "column")}`;
    const table = el(
      "table",
      { class: "values" },
      el("caption", { class: "small-print" }, el("span", { class: "visually-hidden" }, `${label}: `), size),
      el("thead", {}, el("tr", {}, ...this.#heads)),
      this.#body,
    );
    this.#moves = MOVES.map(([name, text], index) => button(text, () => this.#move(index), { class: "chip", "aria-label": `${name} page` }));
    this.element = el(
      "div",
      { class: "paged" },
      el("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": `Table: ${label}` }, table),
      data.rows.length > PAGE && el("div", { class: "pager", role: "group", "aria-label": "Pages" }, ...this.#moves, this.#where),
      data.hiddenColumns > 0 && el("p", { class: "hint" }, `${counted(data.hiddenColumns, "more column")} in the JSON.`),
    );
    this.#show();
  }

  get #lastPage() {
    return Math.max(0, Math.ceil(this.#data.rows.length / PAGE) - 1);
  }

  /**
   * @param {{label: string, isNumeric: boolean}} column
   * @param {number} index
   */
  #head({ label, isNumeric }, index) {
    const sort = button(label || "(no name)", () => this.#sort(index), { class: "sort" });
    return el("th", { scope: "col", class: isNumeric && "numeric" }, sort);
  }

  /** @param {number} column a second time in the other direction */
  #sort(column) {
    const isDescending = this.#sorted.column === column && !this.#sorted.isDescending;
    this.#sorted = { column, isDescending };
    this.#order = ordered(this.#data, column, isDescending);
    this.#page = 0;
    this.#heads.forEach((head, index) => {
      if (index - 1 === column) head.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.#show();
  }

  /** @param {number} move its place among the moves */
  #move(move) {
    const target = [0, this.#page - 1, this.#page + 1, this.#lastPage][move];
    this.#page = Math.min(Math.max(target, 0), this.#lastPage);
    this.#show();
  }

  #show() {
    const from = this.#page * PAGE;
    const shown = this.#order.slice(from, from + PAGE);
    fill(this.#body, ...shown.map((row) => this.#row(row)));
    this.#where.textContent = `Rows ${shownNumber(from + 1)}–${shownNumber(from + shown.length)} of ${shownNumber(this.#order.length)}`;
    // Not disabled: that would take the focus away from the button that was just used.
    this.#moves.forEach((move, index) => move.setAttribute("aria-disabled", String(index < 2 ? this.#page === 0 : this.#page === this.#lastPage)));
  }

  /** @param {number} row */
  #row(row) {
    const { columns, rows, heads } = this.#data;
    return el("tr", {}, el("th", { scope: "row" }, el("bdi", {}, heads[row])), ...columns.map(({ isNumeric }, index) => cell(rows[row][index], isNumeric)));
  }
}

/**
 * @param {unknown} value
 * @param {boolean} isNumeric
 */
function cell(value, isNumeric) {
  const isLink = webAddress(value) !== null;
  return el("td", { class: isNumeric && "numeric", dir: typeof value === "string" && "auto" }, isLink ? link(String(value)) : inline(value, LONGEST_CELL));
}
