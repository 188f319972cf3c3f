// Values side by side, with what differs marked.

import { el, fill, newId } from "../dom.js";
import { lines } from "./leaves.js";

/** @typedef {import("./leaves.js").Line} Line */
/** @typedef {{title: string, values: readonly unknown[]}} Group parts that belong together, such as those of the input */

/** Where there are more lines than this, only those that differ are shown at first. */
const FEW = 16;
const MOST = 400;
const DIGITS = 6;

/**
 * @param {string} label
 * @param {readonly string[]} heads one for each of the values side by side
 * @param {readonly Group[]} groups
 */
export function comparison(label, heads, groups) {
  const found = groups.map(({ title, values }) => ({ title, lines: lines(values) }));
  const all = found.flatMap((group) => group.lines);
  const differing = all.filter(({ differs }) => differs).length;
  const only = el("input", { type: "checkbox", id: newId() });
  only.checked = all.length > FEW && differing > 0;
  const body = el("div", { class: "side-by-side", tabindex: 0, role: "region", "aria-label": label });

  function show() {
    const shown = found.map((group) => ({ ...group, lines: only.checked ? group.lines.filter(({ differs }) => differs) : group.lines }));
    fill(body, table(label, heads, shown));
  }

  only.addEventListener("change", show);
  show();
  return el(
    "div",
    { class: "comparison" },
    el(
      "div",
      { class: "comparison-head" },
      el("p", { role: "status" }, differing === 0 ? "No differences." : `${differing} of ${all.length} values differ.`),
      differing > 0 && el("label", { class: "check", for: only.id }, only, "Only what differs"),
    ),
    body,
  );
}

/**
 * @param {string} label
 * @param {readonly string[]} heads
 * @param {readonly {title: string, lines: readonly Line[]}[]} groups
 */
function table(label, heads, groups) {
  return el(
    "table",
    { class: "values" },
    el("caption", { class: "visually-hidden" }, label),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Part"), ...heads.map((head) => el("th", { scope: "col" }, head)))),
    ...groups.filter((group) => group.lines.length > 0).map((group) => section(group, heads.length)),
  );
}

/**
 * @param {{title: string, lines: readonly Line[]}} group
 * @param {number} count of values side by side
 */
function section({ title, lines: all }, count) {
  const more = all.length - MOST;
  return el(
    "tbody",
    {},
    el("tr", { class: "group-row" }, el("th", { scope: "rowgroup", colspan: count + 1 }, title)),
    ...all.slice(0, MOST).map((line) => row(line, title)),
    more > 0 && el("tr", {}, el("td", { colspan: count + 1 }, `and ${more} more`)),
  );
}

/**
 * @param {Line} line
 * @param {string} whole what it is, where it has no parts
 */
function row({ path, texts, differs }, whole) {
  return el(
    "tr",
    { "data-differs": differs },
    el("th", { scope: "row" }, path || `${whole}`, differs && el("span", { class: "visually-hidden" }, " (differs)")),
    ...shortened(texts, differs).map((text) => el("td", { dir: "auto" }, text)),
  );
}

/**
 * Numbers are shortened as long as they still differ where they do.
 *
 * @param {readonly (string | null)[]} texts
 * @param {boolean} differs
 */
function shortened(texts, differs) {
  const all = texts.map((text) => text ?? "–");
  const short = all.map((text) => (/^-?\d+\.\d/.test(text) ? String(Number(Number(text).toPrecision(DIGITS))) : text));
  return differs && new Set(short).size < new Set(all).size ? all : short;
}
