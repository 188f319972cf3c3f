// JSON data for people: indented, coloured, never more than text.

import { el } from "../dom.js";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MOST_COLOURED = 20_000;
/** As many at a time are laid out, when they come into sight. */
const LINES = /(?:.*\n){200}|[^]+$/g;

/**
 * @param {unknown} value
 * @param {string} label for who cannot see where it stands
 */
export function jsonBlock(value, label) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const parts = text.length > MOST_COLOURED ? inPieces(text) : coloured(text);
  return el("pre", { class: "json", tabindex: 0, role: "region", "aria-label": label }, el("code", {}, ...parts));
}

/** @param {string} text */
function inPieces(text) {
  return [...text.matchAll(LINES)].map(([piece]) => el("span", { class: "json-piece" }, piece));
}

/**
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, string, colon] = match;
    parts.push(text.slice(end, match.index));
    parts.push(el("span", { class: kindOf(string, colon) }, string ?? token), colon ?? "");
    end = match.index + token.length;
  }
  return [...parts, text.slice(end)];
}

/**
 * @param {string | undefined} string
 * @param {string | undefined} colon
 */
function kindOf(string, colon) {
  if (string === undefined) return "json-word";
  return colon === undefined ? "json-text" : "json-key";
}
