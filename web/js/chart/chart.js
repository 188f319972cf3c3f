// Lines that move on: one panel for each scale, one below the other, with marks where a flag is up.

import { el } from "../dom.js";
import { Ink, lineInk } from "./ink.js";
import { loadPlot } from "./load.js";
import { groups } from "./readings.js";

/** @typedef {import("uplot")} UPlot */
/** @typedef {import("./history.js").History} History */
/** @typedef {import("./load.js").Plot} Plot */
/** @typedef {import("./readings.js").Reading} Reading */
/** @typedef {import("./readings.js").Readings} Readings */

const FEWEST_POSITIONS = 40;
const HEIGHTS = [250, 110];
const AXIS_SIZE = 26;

export class Chart {
  #Plot;
  #readings;
  #ink = new Ink();
  #dark = matchMedia("(prefers-color-scheme: dark)");
  /** @type {{plot: UPlot, readings: Reading[]}[]} */
  #panels = [];
  /** @type {History | null} */
  #history = null;
  #sizes = new ResizeObserver(() => this.#resize());
  /** @type {HTMLElement} */
  element = el("div", { class: "chart", role: "img" });

  /** @param {Readings} readings */
  static async make(readings) {
    return new Chart(await loadPlot(), readings);
  }

  /**
   * @param {Plot} Plot
   * @param {Readings} readings
   */
  constructor(Plot, readings) {
    this.#Plot = Plot;
    this.#readings = readings;
    this.element.append(this.#ink.probe);
    this.#dark.addEventListener("change", this.#recolour);
    const names = [...readings.numbers, ...readings.flags].map(({ label }) => label).join(", ");
    this.element.setAttribute("aria-label", `Chart of ${names}; the table below it has the last values.`);
    this.#sizes.observe(this.element);
  }

  /** @param {History} history */
  update(history) {
    this.#history = history;
    if (this.#panels.length === 0) this.#build();
    for (const { plot, readings } of this.#panels) {
      plot.setData([history.positions, ...readings.map((reading) => history.numbers.get(reading) ?? [])]);
      // As long as the scale stays, uPlot asks for no new words below it.
      if (history.length <= FEWEST_POSITIONS) plot.redraw(false, true);
    }
  }

  remove() {
    this.#dark.removeEventListener("change", this.#recolour);
    this.#sizes.disconnect();
    for (const { plot } of this.#panels) plot.destroy();
    this.element.remove();
  }

  #build() {
    const found = groups(this.#readings.numbers);
    this.#panels = found.map((readings, index) => {
      const options = this.#options(readings, HEIGHTS[Math.min(index, 1)], index === found.length - 1);
      return { plot: new this.#Plot(options, [[]], this.element), readings };
    });
  }

  /**
   * @param {Reading[]} readings
   * @param {number} height
   * @param {boolean} isLast of the panels: it has the moments below it
   * @returns {import("uplot").Options}
   */
  #options(readings, height, isLast) {
    const ink = this.#ink;
    const axis = {
      stroke: () => ink.of("text").full,
      grid: { stroke: () => ink.of("grid").full, width: 1 },
      ticks: { show: false },
      font: FONT,
    };
    return {
      width: this.#width,
      height: height + (isLast ? AXIS_SIZE : 0),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, sync: { key: "live" }, y: false, points: { size: 7 } },
      scales: { x: { time: false, range: (_plot, least, most) => [least, Math.max(most, least + FEWEST_POSITIONS)] } },
      axes: [
        { ...axis, size: isLast ? AXIS_SIZE : 8, space: 110, incrs: WHOLE, values: (_plot, splits) => splits.map((at) => (isLast ? this.#momentAt(at) : "")) },
        { ...axis, size: 56, space: 36 },
      ],
      series: [{}, ...readings.map((reading, index) => this.#line(reading, index === 0 ? undefined : DASHES[index % DASHES.length], readings.length === 1))],
      hooks: { drawAxes: [(plot) => this.#mark(plot)] },
    };
  }

  /**
   * @param {Reading} reading
   * @param {number[] | undefined} dash
   * @param {boolean} isAlone in its panel
   * @returns {import("uplot").Series}
   */
  #line(reading, dash, isAlone) {
    const name = lineInk(this.#readings.numbers.indexOf(reading));
    return {
      label: reading.label,
      stroke: () => this.#ink.of(name).full,
      fill: isAlone ? () => this.#ink.of(name).wash : undefined,
      width: dash === undefined ? 2 : 1.5,
      dash,
      points: { show: false },
    };
  }

  /**
   * A line over the whole height wherever a flag is up.
   *
   * @param {UPlot} plot
   */
  #mark(plot) {
    const history = this.#history;
    if (history === null) return;
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    for (const column of history.flags.values()) {
      column.forEach((isUp, index) => {
        if (!isUp) return;
        const x = Math.round(plot.valToPos(history.positions[index], "x", true)) + 0.5;
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
      });
    }
    ctx.strokeStyle = this.#ink.of("mark").full;
    ctx.globalAlpha = 0.45;
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.stroke();
    ctx.restore();
  }

  /** @param {number} position */
  #momentAt(position) {
    const [first = 0] = this.#history?.positions ?? [];
    return this.#history?.moments[position - first] ?? "";
  }

  get #width() {
    return Math.max(this.element.clientWidth, 100);
  }

  #recolour = () => {
    this.#ink.forget();
    for (const { plot } of this.#panels) plot.redraw(false);
  };

  #resize() {
    for (const { plot } of this.#panels) {
      if (plot.width !== this.#width) plot.setSize({ width: this.#width, height: plot.height });
    }
  }
}

const FONT = '12px -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';
const DASHES = [[10, 4, 2, 4], [6, 4], [2, 3]];
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200];
