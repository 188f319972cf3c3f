// A chart of lines that stand still: one panel for each scale, one below the other.

import { Ink, lineInk } from "../chart/ink.js";
import { loadPlot } from "../chart/load.js";
import { el } from "../dom.js";
import { shortened, shownNumber } from "./format.js";

/** @typedef {import("uplot")} UPlot */
/** @typedef {import("./series-columns.js").Line} Line */
/** @typedef {import("./series-columns.js").Series} Series */

const FIRST_HEIGHT = 230;
const HEIGHT = 120;
const AXIS_SIZE = 28;
const LONGEST_MOMENT = 20;
const FEW = 40;
const FONT = '12px -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';

export class Plot {
  #series;
  #ink = new Ink();
  #dark = matchMedia("(prefers-color-scheme: dark)");
  /** @type {UPlot[]} */
  #panels = [];
  element;

  /**
   * @param {Series} series
   * @param {string} words
   */
  static async make(series, words) {
    return new Plot(await loadPlot(), series, words);
  }

  /**
   * @param {import("../chart/load.js").Plot} UPlot
   * @param {Series} series
   * @param {string} words
   */
  constructor(UPlot, series, words) {
    this.#series = series;
    // From left to right in every language, as the numbers on its axes are.
    this.element = el("div", { class: "chart", role: "img", "aria-label": `Chart. ${words}`, dir: "ltr" }, this.#ink.probe);
    const sizes = new ResizeObserver(() => {
      if (this.#panels.length === 0) this.#build(UPlot);
      else if (this.element.isConnected) this.#resize();
      else {
        sizes.disconnect();
        this.#dark.removeEventListener("change", this.#recolour);
        for (const panel of this.#panels) panel.destroy();
      }
    });
    this.#dark.addEventListener("change", this.#recolour);
    sizes.observe(this.element);
  }

  /** @param {import("../chart/load.js").Plot} UPlot */
  #build(UPlot) {
    const { lines: all } = this.#series;
    const groups = [...new Set(all.map(({ scale }) => scale))].map((scale) => all.filter((line) => line.scale === scale));
    this.#panels = groups.map((lines, index) => {
      const isLast = index === groups.length - 1;
      const options = this.#options(lines, index === 0 ? FIRST_HEIGHT : HEIGHT, isLast);
      return new UPlot(options, [this.#series.positions, ...lines.map(({ numbers }) => numbers)], this.element);
    });
  }

  /**
   * @param {Line[]} lines
   * @param {number} height
   * @param {boolean} isLast
   * @returns {import("uplot").Options}
   */
  #options(lines, height, isLast) {
    const { isTime, positions } = this.#series;
    const axis = {
      stroke: () => this.#ink.of("text").full,
      grid: { stroke: () => this.#ink.of("grid").full, width: 1 },
      ticks: { show: false },
      font: FONT,
    };
    // Of times the year stands on a second line.
    const below = isTime ? 2 * AXIS_SIZE - 10 : AXIS_SIZE;
    const words = isTime && isLast ? {} : { values: (/** @type {UPlot} */ _, /** @type {number[]} */ splits) => splits.map((at) => (isLast ? this.#momentAt(at) : "")) };
    return {
      width: this.#width,
      height: height + (isLast ? below : 0),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false },
      scales: { x: { time: isTime } },
      axes: [
        { ...axis, size: isLast ? below : 8, space: 90, ...words },
        { ...axis, size: 60, space: 36, values: (_, splits) => splits.map((value) => shownNumber(value)) },
      ],
      series: [{}, ...lines.map((line) => this.#line(line, positions.length <= FEW))],
    };
  }

  /**
   * @param {Line} line
   * @param {boolean} hasPoints
   * @returns {import("uplot").Series}
   */
  #line(line, hasPoints) {
    const ink = lineInk(this.#series.lines.indexOf(line));
    return { label: line.label, stroke: () => this.#ink.of(ink).full, width: 2, points: { show: hasPoints, size: 6 } };
  }

  /** @param {number} position */
  #momentAt(position) {
    const { positions, moments } = this.#series;
    const index = positions.indexOf(position);
    return index < 0 ? shownNumber(position) : shortened(moments[index], LONGEST_MOMENT);
  }

  get #width() {
    return Math.max(this.element.clientWidth, 100);
  }

  #recolour = () => {
    this.#ink.forget();
    for (const panel of this.#panels) panel.redraw(false);
  };

  #resize() {
    for (const panel of this.#panels) {
      if (panel.width !== this.#width) panel.setSize({ width: this.#width, height: panel.height });
    }
  }
}
