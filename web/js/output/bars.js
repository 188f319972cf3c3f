// Probabilities of classes as bars, the highest first.

import { button, el } from "../dom.js";
import { counted, shortened, shownPercent } from "./format.js";
import { oddsOf } from "./odds.js";
import { level } from "./scalars.js";

/** @typedef {import("./odds.js").Odds} Odds */
/** @typedef {import("./part.js").Part} Part */

const FIRST = 10;
const MOST = 500;
const LONGEST_NAME = 120;

/** @param {Part} part */
export function showBars(part) {
  const odds = oddsOf(part) ?? [];
  const body = el("tbody", {}, ...odds.slice(0, FIRST).map(row));
  const head = el("tr", {}, el("th", { scope: "col" }, "Class"), el("th", { scope: "col" }, "Probability"));
  const caption = el("caption", { class: "visually-hidden" }, `${part.label || "Probabilities"}, highest first`);
  const table = el("table", { class: "bars" }, caption, el("thead", { class: "visually-hidden" }, head), body);
  if (odds.length <= FIRST) return table;
  const rest = button(`Show ${odds.length > MOST ? `the first ${MOST} of ` : ""}${counted(odds.length, "class", "classes")}`, unfold, { class: "chip fold" });

  function unfold() {
    body.append(...odds.slice(FIRST, MOST).map((one, index) => row(one, index + FIRST)));
    rest.remove();
    const first = body.children[FIRST];
    first.setAttribute("tabindex", "-1");
    if (first instanceof HTMLElement) first.focus({ preventScroll: true });
  }

  return el("div", { class: "folding" }, table, rest);
}

/**
 * @param {Odds} odds
 * @param {number} index
 */
function row({ name, share }, index) {
  const isFirst = index === 0;
  const said = isFirst && el("span", { class: "visually-hidden" }, " (highest)");
  return el(
    "tr",
    { "data-first": isFirst },
    el("th", { scope: "row" }, el("bdi", {}, shortened(name, LONGEST_NAME)), said),
    el("td", {}, level(share), el("span", { class: "share" }, shownPercent(share))),
  );
}
