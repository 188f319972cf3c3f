// What goes over time: a chart, in words, and as a table.

import { el, fill } from "../dom.js";
import { counted, shownNumber } from "./format.js";
import { seriesOf } from "./series-columns.js";
import { unfolding } from "./sparkline.js";
import { showTable } from "./table.js";
import { Part } from "./part.js";

/** @typedef {import("./series-columns.js").Line} Line */
/** @typedef {import("./series-columns.js").Series} Series */

const MOST_LINES = 6;
const MOST_SAID = 3;

/** @param {Part} part */
export function showSeries(part) {
  const series = seriesOf(part);
  if (series === null) return showTable(part);
  const drawn = { ...series, lines: series.lines.slice(0, MOST_LINES) };
  const words = describe(series);
  const slot = el("div", { class: "plot" });
  const legend = el("ul", { class: "legend" }, ...drawn.lines.map(legendEntry));
  draw(slot, drawn, words);
  const table = unfolding(`${counted(series.positions.length, "row")} as a table`, () => showTable(Array.isArray(part.value) ? part : rowsOf(part)));
  return el("figure", { class: "series" }, legend, slot, el("figcaption", { class: "small-print" }, words), table);
}

/**
 * @param {Element} slot
 * @param {Series} series
 * @param {string} words
 */
async function draw(slot, series, words) {
  try {
    const { Plot } = await import("./plot.js");
    fill(slot, (await Plot.make(series, words)).element);
  } catch (error) {
    fill(slot, el("p", { class: "hint" }, /** @type {Error} */ (error).message));
  }
}

/**
 * @param {Line} line
 * @param {number} index
 */
function legendEntry({ label, unit }, index) {
  const swatch = el("span", { class: "swatch ink", "data-ink": `line-${index + 1}`, "aria-hidden": "true" });
  return el("li", { dir: "auto" }, swatch, unit ? `${label} (${unit})` : label);
}

/** @param {Series} series */
export function describe({ label, moments, lines }) {
  const said = lines.slice(0, MOST_SAID).map(({ label: name, unit, numbers }) => {
    const known = numbers.filter((number) => number !== null);
    const [least, most] = known.reduce(([low, high], number) => [Math.min(low, number), Math.max(high, number)], [Infinity, -Infinity]);
    return `${name} from ${shownNumber(least)} to ${shownNumber(most)}${unit && ` ${unit}`}`;
  });
  const more = lines.length > MOST_SAID ? `, and ${lines.length - MOST_SAID} more` : "";
  return `${counted(moments.length, "point")}, ${label} ${moments[0]} to ${moments.at(-1)}: ${said.join("; ")}${more}.`;
}

/**
 * Columns as rows.
 *
 * @param {Part} part
 */
function rowsOf(part) {
  const columns = Object.entries(/** @type {Record<string, unknown[]>} */ (part.value));
  const rows = columns[0][1].map((_, index) => Object.fromEntries(columns.map(([key, column]) => [key, column[index]])));
  const properties = Object.fromEntries(columns.map(([key]) => [key, { title: part.below(key).label, "x-unit": part.below(key).unit }]));
  return new Part(rows, { title: part.label, items: { properties } }, { root: true, widgets: [] });
}
