// Text as it is, with its line ends; a long one is unfolded when it is asked for.

import { button, el } from "../dom.js";
import { counted, shortened } from "./format.js";

/** @typedef {import("./part.js").Part} Part */

const LONGEST_WORD = 60;
const LONGEST_SHOWN = 1_500;
const MOST_LINES = 30;

/** @param {Part} part */
export function showText({ value }) {
  const text = String(value);
  if (text === "") return el("span", { class: "nothing" }, "empty");
  if (isWord(text)) return el("span", { class: "short-text", dir: "auto" }, text);
  const opening = openingOf(text);
  const block = el("div", { class: "text", dir: "auto" }, opening);
  if (opening === text) return block;
  const fold = button(`Show all ${counted(text.length, "character")}`, turn, { class: "chip fold", "aria-expanded": "false" });

  function turn() {
    const isOpen = fold.getAttribute("aria-expanded") !== "true";
    fold.setAttribute("aria-expanded", String(isOpen));
    fold.textContent = isOpen ? "Show less" : `Show all ${counted(text.length, "character")}`;
    block.textContent = isOpen ? text : opening;
    block.toggleAttribute("data-open", isOpen);
    // What scrolls must be reached by keyboard.
    if (isOpen) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }

  return el("div", { class: "folding" }, block, fold);
}

/** @param {string} text whether it can stand large, like a number */
export function isWord(text) {
  return text.length <= LONGEST_WORD && !text.includes("\n");
}

/** @param {string} text */
function openingOf(text) {
  const lines = text.slice(0, LONGEST_SHOWN + 1).split("\n");
  return shortened(lines.length > MOST_LINES ? `${lines.slice(0, MOST_LINES).join("\n")}\n…` : text, LONGEST_SHOWN);
}
