// Parts within parts: objects, lists, and what is shown as JSON.

import { el } from "../dom.js";
import { jsonBlock } from "../views/json.js";
import { choose } from "./choose.js";
import { inline, shortened } from "./format.js";
import { isWord } from "./text.js";

/** @typedef {import("./part.js").Part} Part */
/** @typedef {(part: Part) => Node} Show */

const LONGEST_LABEL = 120;
const SHORT = new Set(["nothing", "flag", "number", "label", "moment"]);

/**
 * @param {Part} part
 * @param {Show} show
 */
export function showObject(part, show) {
  const entries = part.parts.map((below) => {
    const label = shortened(below.label || "(no name)", LONGEST_LABEL);
    return el("div", { class: isShort(below) ? "short" : "long" }, el("dt", { title: below.description || null }, el("bdi", {}, label)), el("dd", {}, show(below)));
  });
  return el("dl", { class: "parts", "data-depth": Math.min(part.depth, 2) }, ...entries);
}

/**
 * @param {Part} part
 * @param {Show} show
 */
export function showList(part, show) {
  return el("ol", { class: "part-list" }, ...part.parts.map((below) => el("li", {}, show(below))));
}

/** @param {Part} part */
export function showGallery({ value }) {
  return el("ul", { class: "gallery" }, .../** @type {unknown[]} */ (value).map((one) => el("li", { dir: "auto" }, inline(one) || "empty")));
}

/** @param {Part} part */
export function showJson({ value, label }) {
  return jsonBlock(value, label ? `${shortened(label, LONGEST_LABEL)} as JSON` : "JSON");
}

/**
 * Whether several of them fit side by side.
 *
 * @param {Part} part
 */
function isShort(part) {
  const kind = choose(part);
  return SHORT.has(kind) || (kind === "text" && isWord(String(part.value)));
}
