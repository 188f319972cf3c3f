// The state of an image that is drawn: rows and columns of numbers, as an array, nested arrays or a tensor.

import { decodeTensor, encodeTensor } from "../../schema/tensor.js";
import { State } from "./state.js";

/** @typedef {import("./state.js").Fault} Fault */
/** @typedef {import("../../schema/grid.js").Grid} Grid */

export class GridState extends State {
  /** @type {unknown} the value as it was written; kept as long as nothing is drawn over it */
  #written = null;
  /** @type {number[]} row by row */
  pixels = [];

  get grid() {
    return /** @type {Grid} */ (this.field.grid);
  }

  /** The pixels were drawn upon. */
  drawn() {
    this.#written = null;
    this.presence = "set";
  }

  /** All paper. */
  wipe() {
    this.empty();
    this.drawn();
    this.changed();
  }

  /** @override @param {Fault[]} faults */
  content(faults) {
    const { rows, columns, dtype, isFlat } = this.grid;
    if (this.#written !== null) {
      if (!this.#isWhole()) faults.push({ path: this.pointer, message: `must be ${rows} × ${columns} numbers` });
      return this.#written;
    }
    if (dtype !== "") return encodeTensor(this.pixels, dtype, [rows, columns]);
    if (isFlat) return [...this.pixels];
    return Array.from({ length: rows }, (_, row) => this.pixels.slice(row * columns, (row + 1) * columns));
  }

  /** @override @param {unknown} value */
  fill(value) {
    this.empty();
    this.#written = value;
    const numbers = Array.isArray(value) ? value.flat() : decodeTensor(value);
    numbers.slice(0, this.pixels.length).forEach((number, index) => (this.pixels[index] = Number(number)));
  }

  /** @override */
  empty() {
    const { rows, columns, least } = this.grid;
    this.#written = null;
    this.pixels = new Array(rows * columns).fill(least);
  }

  /** What was written has as many numbers as are drawn; of what kind each is, the validator judges. */
  #isWhole() {
    const { rows, columns, dtype, isFlat, most, least } = this.grid;
    if (!Array.isArray(this.#written)) return decodeTensor(this.#written).length === rows * columns;
    if (isFlat) return this.#written.length === rows * columns;
    const isNumber = (/** @type {unknown} */ number) => typeof number === "number" && (dtype === "" || (number >= least && number <= most));
    return this.#written.length === rows && this.#written.every((row) => Array.isArray(row) && row.length === columns && row.every(isNumber));
  }

  /** @override */
  pack() {
    return this.presence === "set" ? this.content([]) : null;
  }

  /** @override @param {any} content */
  unpack(content) {
    if (typeof content === "object" && content !== null) this.fill(content);
  }
}
