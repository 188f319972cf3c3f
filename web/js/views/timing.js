// Where the time of a prediction went, as a bar and in numbers.

import { el } from "../dom.js";

/** @typedef {import("../client/types.js").Answer} Answer */
/** @typedef {{part: "network" | "queue" | "predict" | "service", label: string, ms: number}} TimePart */

/**
 * One after the other they make up the whole time; what took none is left out, but for the model itself.
 *
 * @param {NonNullable<Answer["meta"]["timing_ms"]>} timing as the service says it
 * @param {number | null} elapsedMs from the question to the answer, as the page has seen it; null if it waited for more
 * @returns {TimePart[]}
 */
export function timeParts({ queue = 0, predict, total }, elapsedMs) {
  if (predict === undefined) return [];
  const inService = total ?? queue + predict;
  /** @type {TimePart[]} */
  const parts = [
    { part: "network", label: "Network", ms: elapsedMs === null ? 0 : elapsedMs - inService },
    { part: "queue", label: "Queue", ms: queue },
    { part: "predict", label: "Model", ms: predict },
    { part: "service", label: "Service", ms: inService - queue - predict },
  ];
  return parts.filter(({ part, ms }) => part === "predict" || ms >= 0.005);
}

/**
 * @param {Answer["meta"]} meta
 * @param {number | null} elapsedMs
 */
export function timeSplit({ model_version: version, timing_ms: timing = {}, batch_size: size }, elapsedMs) {
  const parts = timeParts(timing, elapsedMs);
  const all = parts.reduce((sum, { ms }) => sum + ms, 0);
  const facts = [
    version !== undefined && `version ${version}`,
    parts.length > 0 && `${shownMs(all)} in all`,
    size !== undefined && (size === 1 ? "alone in its batch" : `in a batch of ${size}`),
  ];
  return el(
    "div",
    { class: "timing" },
    parts.length > 0 && el("div", { class: "time-bar", "aria-hidden": "true" }, ...parts.map(segment)),
    parts.length > 0 && el("ul", { class: "time-parts", "aria-label": "Time" }, ...parts.map(legend)),
    el("p", { class: "small-print" }, facts.filter(Boolean).join(" · ")),
  );
}

/** @param {TimePart} part */
function segment({ part, ms }) {
  const bar = el("span", { "data-part": part });
  bar.style.flexGrow = String(ms);
  return bar;
}

/** @param {TimePart} part */
function legend({ part, label, ms }) {
  return el("li", { "data-part": part }, `${label} `, el("strong", {}, shownMs(ms)));
}

/** @param {number} ms */
export function shownMs(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(2))} ms`;
}
