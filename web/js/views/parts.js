// Small pieces that several pages are made of.

import { button, el } from "../dom.js";

/** @typedef {import("../api.js").ModelState} ModelState */
/** @typedef {import("../dom.js").Child} Child */

/**
 * A state as a word with a coloured dot.
 *
 * @param {ModelState | import("../api.js").Plugin["state"] | "off" | "opening" | "open" | "waiting" | "live"} state
 */
export function badge(state) {
  return el("span", { class: "badge", "data-state": state }, state);
}

/**
 * What is shown instead of content: why there is none, and what can be done.
 *
 * @param {{title: string, text?: string, tone?: "calm" | "busy" | "bad"}} message
 * @param {...Child} actions
 */
export function notice({ title, text = "", tone = "calm" }, ...actions) {
  return el(
    "div",
    { class: "notice", "data-tone": tone },
    tone === "busy" && el("span", { class: "spinner", "aria-hidden": "true" }),
    el("p", { class: "notice-title" }, title),
    text && el("p", { class: "notice-text" }, text),
    actions.length > 0 && el("div", { class: "actions" }, ...actions),
  );
}

/**
 * Grey shapes where content will be.
 *
 * @param {number} count
 * @param {"cards" | "bench"} layout
 */
export function skeleton(count, layout) {
  const shapes = Array.from({ length: count }, () => el("div", { class: "skeleton" }));
  return el("div", { class: layout, role: "status" }, el("span", { class: "visually-hidden" }, "Loading…"), ...shapes);
}

/** @param {() => void} act */
export function tryAgain(act) {
  return button("Try again", act, { "data-focus-key": "try-again" });
}

/** @param {string} name */
export function modelPaths(name) {
  const base = `/models/${encodeURIComponent(name)}`;
  return { metadata: `${base}/metadata`, predict: `${base}/predict` };
}
