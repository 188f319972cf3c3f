// The predictions of a source as they come: the newest one, a chart of the last ones, and the same as a table.

import { History } from "../chart/history.js";
import { lineInk } from "../chart/ink.js";
import { readingsOf, valueOf } from "../chart/readings.js";
import { el, fill } from "../dom.js";
import { jsonBlock } from "./json.js";
import { Seldom } from "../seldom.js";
import { LastValues, shownFlag, shownNumber, write } from "./last-values.js";

/** @typedef {import("../chart/chart.js").Chart} Chart */
/** @typedef {import("../chart/ink.js").InkName} InkName */
/** @typedef {import("../chart/readings.js").Reading} Reading */
/** @typedef {import("../chart/readings.js").Readings} Readings */
/** @typedef {import("../schema/follow.js").Schema} Schema */

/** Faster than this nobody sees a difference, and drawing is what costs. */
const DRAW_EVERY_MS = 33;
const WRITE_EVERY_MS = 250;
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** However fast predictions come, they are drawn and written only so many times a second. */
export class FeedDisplay {
  #schema;
  /** @type {{readings: Readings, history: History, table: LastValues, values: Map<Reading, HTMLElement>} | null} */
  #parts = null;
  /** @type {Chart | null} */
  #chart = null;
  /** @type {unknown} */
  #newest;
  #drawing = new Seldom(() => this.#draw(), DRAW_EVERY_MS);
  #writing = new Seldom(() => this.#write(), WRITE_EVERY_MS);
  #isStopped = false;
  #plot = el("div", { class: "plot" });
  element = el("div", { class: "feed", hidden: true });

  /** @param {Schema} schema of the predictions */
  constructor(schema) {
    this.#schema = schema;
  }

  /** @param {unknown} prediction */
  add(prediction) {
    this.#parts ??= this.#begin(prediction);
    this.#parts.history.add(prediction, CLOCK.format());
    this.#newest = prediction;
    this.#drawing.stir();
    this.#writing.stir();
  }

  /** Some may be missing between those before and those to come. */
  addGap() {
    this.#parts?.history.addGap();
  }

  /** The page goes away. */
  stop() {
    this.#isStopped = true;
    this.#drawing.stop();
    this.#writing.stop();
    this.#chart?.remove();
  }

  /** @param {unknown} prediction the first one */
  #begin(prediction) {
    const readings = readingsOf(this.#schema, prediction);
    const { numbers, flags } = readings;
    const table = new LastValues(readings);
    const tiles = [...numbers.map((reading, index) => tile(reading, lineInk(index))), ...flags.map((reading) => tile(reading, "mark"))];
    const last = el("div", { class: "last-values", tabindex: 0, role: "region", "aria-label": "Last values" }, table.element);
    if (tiles.length > 0) fill(this.element, el("dl", { class: "tiles" }, ...tiles.map(({ element }) => element)), this.#plot, last);
    if (numbers.length > 0) this.#addChart(readings);
    this.element.hidden = false;
    return { readings, history: new History(readings), table, values: new Map(tiles.map(({ reading, value }) => [reading, value])) };
  }

  /** @param {Readings} readings */
  async #addChart(readings) {
    try {
      const { Chart } = await import("../chart/chart.js");
      const chart = await Chart.make(readings);
      if (this.#isStopped) return;
      fill(this.#plot, chart.element);
      this.#chart = chart;
      this.#draw();
    } catch (error) {
      fill(this.#plot, el("p", { class: "hint" }, /** @type {Error} */ (error).message));
    }
  }

  #draw() {
    if (this.#parts !== null) this.#chart?.update(this.#parts.history);
  }

  #write() {
    if (this.#parts === null) return;
    const { readings, history, table, values } = this.#parts;
    if (values.size === 0) fill(this.element, jsonBlock(this.#newest, "Newest prediction"));
    table.update(history);
    for (const [reading, element] of values) {
      const value = valueOf(this.#newest, reading);
      const isFlag = readings.flags.includes(reading);
      write(element, isFlag ? shownFlag(value === true) : shownNumber(value));
      if (isFlag) /** @type {HTMLElement} */ (element.parentElement).dataset.up = String(value === true);
    }
  }
}

/**
 * @param {Reading} reading
 * @param {InkName} ink
 */
function tile(reading, ink) {
  const swatch = el("span", { class: "swatch ink", "data-ink": ink, "aria-hidden": "true" });
  const value = el("dd", {}, "–", reading.unit && el("span", { class: "unit" }, ` ${reading.unit}`));
  return { reading, value, element: el("div", {}, el("dt", {}, swatch, reading.label), value) };
}
