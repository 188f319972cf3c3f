// Single values.

import { el } from "../dom.js";
import { inline, shortened, shownMoment, shownNumber, shownPercent, webAddress } from "./format.js";

/** @typedef {import("./part.js").Part} Part */

const LONGEST_ADDRESS = 80;
const SHARE = /prob|confiden/i;

/** @param {Part} part */
export function showNothing({ value }) {
  const word = Array.isArray(value) ? "none" : typeof value === "object" && value !== null ? "empty" : "–";
  return el("span", { class: "nothing" }, word);
}

/** @param {Part} part */
export function showFlag({ value }) {
  return el("span", { class: "flag", "data-on": value === true }, value === true ? "yes" : "no");
}

/** @param {Part} part with bounds it is shown between them, too; but a whole number may be a class or a count */
export function showNumber({ value, unit, label, name, schema: { type, minimum, maximum } }) {
  const number = /** @type {number} */ (value);
  const isShare = unit === "" && number >= 0 && number <= 1 && (SHARE.test(label) || SHARE.test(name));
  const figures = el("span", { class: "figures", title: String(number) }, isShare ? shownPercent(number) : shownNumber(number));
  const [least, most] = isShare ? [0, 1] : [minimum, maximum];
  const isBetween = type !== "integer" && typeof least === "number" && typeof most === "number" && least < most;
  return el("span", { class: "number" }, figures, unit && el("span", { class: "unit" }, ` ${unit}`), isBetween && level((number - least) / (most - least)));
}

/** @param {number} share of its whole length */
export function level(share) {
  const bar = el("span", { class: "level-bar" });
  // Not by an attribute: the policy of the page lets no style stand in one.
  bar.style.inlineSize = `${Math.min(Math.max(share, 0), 1) * 100}%`;
  return el("span", { class: "level", "aria-hidden": "true" }, bar);
}

/** @param {Part} part */
export function showLabel({ value, schema }) {
  const called = schema["x-label"];
  return el("span", { class: "label-badge", dir: "auto" }, typeof called === "string" ? called : inline(value));
}

/** @param {Part} part */
export function showMoment({ value, schema }) {
  const text = String(value);
  const words = shownMoment(text, schema.format);
  return el("time", { class: "moment", datetime: words === null ? null : text, title: text }, words ?? shortened(text, LONGEST_ADDRESS));
}

/** @param {Part} part */
export function showLink({ value }) {
  return link(String(value));
}

/** @param {string} text an address that may be followed; any other stays text */
export function link(text) {
  const href = webAddress(text);
  const shown = shortened(text, LONGEST_ADDRESS);
  if (href === null) return el("span", {}, shown);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, shown);
}
