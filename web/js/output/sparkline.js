// A row of numbers as a small line, and as a table.

import { el } from "../dom.js";
import { counted, shownNumber } from "./format.js";
import { showTable } from "./table.js";

/** @typedef {import("./part.js").Part} Part */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 80;
const FEW = 12;

/** @param {Part} part */
export function showNumbers(part) {
  const numbers = /** @type {number[]} */ (part.value);
  const { least, most } = bounds(numbers);
  const unit = part.unit && ` ${part.unit}`;
  const words = `${counted(numbers.length, "number")} from ${shownNumber(least)} to ${shownNumber(most)}${unit}`;
  const listed = numbers.length <= FEW ? numbers.map(shownNumber).join(", ") + unit : words;
  return el(
    "div",
    { class: "sparkline" },
    drawn(numbers, least, most, `Line of ${words}`),
    unfolding(listed, () => showTable(part)),
  );
}

/**
 * What is made only when it is looked at.
 *
 * @param {string} words
 * @param {() => Node} make
 */
export function unfolding(words, make) {
  const details = el("details", {}, el("summary", {}, words));
  details.addEventListener("toggle", () => details.append(make()), { once: true });
  return details;
}

/**
 * @param {number[]} numbers
 * @param {number} least
 * @param {number} most
 * @param {string} words
 */
function drawn(numbers, least, most, words) {
  const image = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words });
  const range = most - least || 1;
  const points = thinned(numbers, WIDTH).map(([position, number]) => {
    const x = (position / Math.max(numbers.length - 1, 1)) * WIDTH;
    const y = most === least ? HEIGHT / 2 : HEIGHT - ((number - least) / range) * HEIGHT;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  image.append(svg("polyline", { points: points.join(" "), fill: "none", "vector-effect": "non-scaling-stroke" }));
  return image;
}

/**
 * The lowest and the highest of each stretch, so that no peak is lost.
 *
 * @param {readonly number[]} numbers
 * @param {number} most points
 * @returns {[number, number][]} places and numbers
 */
export function thinned(numbers, most) {
  if (numbers.length <= most) return numbers.map((number, place) => [place, number]);
  const stretch = Math.ceil((numbers.length * 2) / most);
  /** @type {[number, number][]} */
  const points = [];
  for (let from = 0; from < numbers.length; from += stretch) {
    let [low, high] = [from, from];
    for (let place = from; place < Math.min(from + stretch, numbers.length); place += 1) {
      if (numbers[place] < numbers[low]) low = place;
      if (numbers[place] > numbers[high]) high = place;
    }
    for (const place of low < high ? [low, high] : low > high ? [high, low] : [low]) points.push([place, numbers[place]]);
  }
  return points;
}

/** @param {readonly number[]} numbers */
function bounds(numbers) {
  return numbers.reduce(({ least, most }, number) => ({ least: Math.min(least, number), most: Math.max(most, number) }), { least: Infinity, most: -Infinity });
}

/**
 * @param {"svg" | "polyline"} tag
 * @param {Record<string, string>} attributes
 */
function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
