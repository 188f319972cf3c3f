// The predictions of a source as they come: the newest one, a chart of the last ones, and the same as a table.

import { History } from "../chart/history.js";
import { lineInk } from "../chart/ink.js";
import { readingsOf, valueOf } from "../chart/readings.js";
import { el, fill } from "../dom.js";
import { jsonBlock } from "./json.js";

/** @typedef {import("../chart/chart.js").Chart} Chart */
/** @typedef {import("../chart/readings.js").Reading} Reading */
/** @typedef {import("../chart/readings.js").Readings} Readings */
/** @typedef {import("../schema/follow.js").Schema} Schema */

const MOST_ROWS = 6;
const WORDS_EVERY_MS = 250;

/** However fast predictions come, the chart is drawn once a frame at most, and the rest a few times a second. */
export class FeedDisplay {
  #schema;
  /** @type {Readings} */
  #readings = { numbers: [], flags: [], moment: null };
  /** @type {History | null} null until the first prediction has come */
  #history = null;
  /** @type {Chart | null} */
  #chart = null;
  /** @type {unknown} */
  #newest;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isStopped = false;
  #tiles = el("dl", { class: "tiles" });
  #plot = el("div", { class: "plot" });
  #last = el("div", { class: "last-values", tabindex: 0, role: "region", "aria-label": "Last values" });
  element = el("div", { class: "feed", hidden: true }, this.#tiles, this.#plot, this.#last);

  /** @param {Schema} schema of the predictions */
  constructor(schema) {
    this.#schema = schema;
  }

  /** @param {unknown} prediction */
  add(prediction) {
    this.#history ??= this.#begin(prediction);
    this.#history.add(prediction, new Date().toLocaleTimeString());
    this.#newest = prediction;
    this.#frame ||= requestAnimationFrame(this.#draw);
    this.#timer ??= setTimeout(this.#write, WORDS_EVERY_MS);
  }

  /** Some may be missing between those before and those to come. */
  addGap() {
    this.#history?.addGap();
  }

  /** The page goes away. */
  stop() {
    this.#isStopped = true;
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#chart?.remove();
  }

  /** @param {unknown} prediction the first one */
  #begin(prediction) {
    this.#readings = readingsOf(this.#schema, prediction);
    this.element.hidden = false;
    if (this.#readings.numbers.length > 0) this.#addChart();
    return new History(this.#readings);
  }

  async #addChart() {
    try {
      const { Chart } = await import("../chart/chart.js");
      const chart = await Chart.make(this.#readings);
      if (this.#isStopped) return;
      fill(this.#plot, chart.element);
      this.#chart = chart;
      this.#draw();
    } catch (error) {
      fill(this.#plot, el("p", { class: "hint" }, /** @type {Error} */ (error).message));
    }
  }

  #draw = () => {
    this.#frame = 0;
    if (this.#history !== null) this.#chart?.update(this.#history);
  };

  #write = () => {
    this.#timer = undefined;
    const { numbers, flags } = this.#readings;
    if (numbers.length + flags.length === 0) {
      fill(this.#last, jsonBlock(this.#newest, "Newest prediction"));
      return;
    }
    fill(this.#tiles, ...numbers.map((reading, index) => this.#tile(reading, index)), ...flags.map((reading) => this.#flagTile(reading)));
    if (this.#history !== null) fill(this.#last, lastValues(this.#history, this.#readings));
  };

  /**
   * @param {Reading} reading
   * @param {number} index
   */
  #tile(reading, index) {
    const swatch = el("span", { class: "swatch ink", "data-ink": lineInk(index), "aria-hidden": "true" });
    const value = shown(valueOf(this.#newest, reading));
    return el("div", {}, el("dt", {}, swatch, reading.label), el("dd", {}, value, reading.unit && el("span", { class: "unit" }, ` ${reading.unit}`)));
  }

  /** @param {Reading} reading */
  #flagTile(reading) {
    const isUp = valueOf(this.#newest, reading) === true;
    const swatch = el("span", { class: "swatch ink", "data-ink": "mark", "aria-hidden": "true" });
    return el("div", { "data-up": isUp }, el("dt", {}, swatch, reading.label), el("dd", {}, isUp ? "yes" : "no"));
  }
}

/**
 * @param {History} history
 * @param {Readings} readings
 */
function lastValues(history, { numbers, flags, moment }) {
  const first = Math.max(0, history.length - MOST_ROWS);
  const rows = history.moments.slice(first).map((name, index) => ({ name, at: first + index }));
  const heads = [moment?.label ?? "Time", ...numbers.map(({ label, unit }) => (unit ? `${label} (${unit})` : label)), ...flags.map(({ label }) => label)];
  return el(
    "table",
    { class: "values" },
    el("caption", {}, "Last values"),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el(
      "tbody",
      {},
      ...rows
        .filter(({ name }) => name !== "")
        .reverse()
        .map(({ name, at }) =>
          el(
            "tr",
            { "data-up": flags.some((reading) => history.flags.get(reading)?.[at]) },
            el("th", { scope: "row" }, name),
            ...numbers.map((reading) => el("td", {}, shown(history.numbers.get(reading)?.[at]))),
            ...flags.map((reading) => el("td", {}, history.flags.get(reading)?.[at] ? "yes" : "no")),
          ),
        ),
    ),
  );
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(5))) : "–";
}
