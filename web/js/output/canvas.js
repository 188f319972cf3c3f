// Tensors that are images, drawn.

import { el } from "../dom.js";
import { shownNumber } from "./format.js";
import { layersOf, painted, rangeOf } from "./pixels.js";

/** @typedef {import("./part.js").Part} Part */

const KINDS = { 1: "grey", 3: "in colour", 4: "in colour, with opacity" };

/** @param {Part} part */
export function showPixels(part) {
  const layers = layersOf(part);
  const numbers = layers?.numbers() ?? [];
  if (layers === null || numbers.length !== layers.rows * layers.columns * layers.channels) {
    return el("p", { class: "hint" }, "The image cannot be read.");
  }
  const { rows, columns, channels, dtype } = layers;
  const range = rangeOf(numbers, dtype);
  const canvas = el("canvas", { class: "picture pixels", width: columns, height: rows, role: "img" });
  const words = `${columns} × ${rows} pixels, ${KINDS[channels]}`;
  canvas.setAttribute("aria-label", `${part.label ? `${part.label}: ` : ""}${words}`);
  canvas.getContext("2d")?.putImageData(new ImageData(painted(layers, numbers, range), columns, rows), 0, 0);
  const stretched = range.isStretched && `, from ${shownNumber(range.least)} (black) to ${shownNumber(range.most)} (white)`;
  return el("figure", { class: "media" }, canvas, el("figcaption", { class: "small-print" }, words, stretched));
}
