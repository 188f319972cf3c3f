// The last predictions of a source, in columns, as a chart takes them.

import { valueOf } from "./readings.js";

/** @typedef {import("./readings.js").Reading} Reading */
/** @typedef {import("./readings.js").Readings} Readings */

export const MOST_POINTS = 300;

/** Each column has as many entries as there are points; null where a point has no number. */
export class History {
  /** @type {number[]} counts the points */
  positions = [];
  /** @type {string[]} */
  moments = [];
  /** @type {Map<Reading, (number | null)[]>} */
  numbers;
  /** @type {Map<Reading, boolean[]>} */
  flags;
  #moment;
  #count = 0;

  /** @param {Readings} readings */
  constructor({ numbers, flags, moment }) {
    this.numbers = new Map(numbers.map((reading) => [reading, []]));
    this.flags = new Map(flags.map((reading) => [reading, []]));
    this.#moment = moment;
  }

  get length() {
    return this.positions.length;
  }

  /**
   * @param {unknown} prediction
   * @param {string} moment when it came, for a prediction that does not say what it is of
   */
  add(prediction, moment) {
    const named = this.#moment === null ? undefined : valueOf(prediction, this.#moment);
    this.#push(typeof named === "string" ? named : moment);
    for (const [reading, column] of this.numbers) {
      const value = valueOf(prediction, reading);
      column.push(typeof value === "number" ? value : null);
    }
    for (const [reading, column] of this.flags) column.push(valueOf(prediction, reading) === true);
    this.#trim();
  }

  /** Predictions may be missing here: lines are interrupted. */
  addGap() {
    if (this.length === 0) return;
    this.#push("");
    for (const column of this.numbers.values()) column.push(null);
    for (const column of this.flags.values()) column.push(false);
    this.#trim();
  }

  /** @param {string} moment */
  #push(moment) {
    this.positions.push(this.#count++);
    this.moments.push(moment);
  }

  #trim() {
    if (this.length <= MOST_POINTS) return;
    for (const column of [this.positions, this.moments, ...this.numbers.values(), ...this.flags.values()]) column.shift();
  }
}
