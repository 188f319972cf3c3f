// What came back: the prediction, or why there is none.

import { ConnectionLost, PredictionError, TooLarge } from "../client/index.js";
import { button, el, fill } from "../dom.js";
import { jsonBlock } from "./json.js";

/** @typedef {import("../client/index.js").Answer} Answer */
/** @typedef {import("../client/errors.js").Fault} Fault */

const TICK_MS = 100;
const COPIED_MS = 2_000;

export class AnswerPanel {
  #status = el("div", { class: "answer-body", role: "status", "aria-atomic": "true" });
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  element = el("section", { class: "card answer", "aria-label": "Answer" }, this.#status);

  constructor() {
    this.#show("calm", head(), el("p", { class: "answer-empty" }, "The prediction appears here."));
  }

  /** A request is under way. */
  wait() {
    const clock = el("span", { class: "clock", "aria-hidden": "true" });
    const startedAt = performance.now();
    const tick = () => {
      clock.textContent = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
    };
    tick();
    const spinner = el("span", { class: "spinner", "aria-hidden": "true" });
    this.#show("busy", head(), el("p", { class: "answer-wait" }, spinner, "Predicting…", clock));
    this.#ticking = setInterval(tick, TICK_MS);
  }

  /** @param {Answer} answer */
  showPrediction({ prediction, meta }) {
    const copy = navigator.clipboard && copyButton(JSON.stringify(prediction, null, 2));
    this.#show(
      "good",
      head("Prediction", copy),
      jsonBlock(prediction, "Prediction"),
      el("p", { class: "small-print" }, aboutAnswer(meta)),
    );
  }

  /** @param {unknown} error */
  showError(error) {
    if (!(error instanceof PredictionError)) {
      const isUnsent = error instanceof TooLarge || (error instanceof ConnectionLost && !error.sent);
      const verdict = isUnsent ? "Not sent" : "No answer";
      this.#show("bad", head(verdict), saying(/** @type {Error} */ (error).message));
      return;
    }
    const advice = adviceOn(error);
    this.#show(
      "bad",
      head("Error"),
      saying(error.message),
      faultList(error.details),
      advice && el("p", { class: "hint" }, advice),
      el("p", { class: "codes" }, el("code", {}, error.type), el("code", {}, error.code)),
    );
  }

  /**
   * The input cannot be sent as it was typed.
   *
   * @param {readonly Fault[]} faults
   */
  showUnsendable(faults) {
    this.#show("bad", head("Not sent"), saying("Something was typed that cannot be sent."), faultList(faults));
  }

  /** On a small screen the answer stands below the form. */
  bringIntoView() {
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** The page goes away. */
  stop() {
    clearInterval(this.#ticking);
  }

  /**
   * @param {"calm" | "busy" | "good" | "bad"} tone
   * @param {...import("../dom.js").Child} children
   */
  #show(tone, ...children) {
    clearInterval(this.#ticking);
    this.element.dataset.tone = tone;
    fill(this.#status, ...children);
  }
}

/**
 * @param {string} [verdict]
 * @param {import("../dom.js").Child} [action]
 */
function head(verdict, action) {
  return el("div", { class: "answer-head" }, el("h2", {}, "Answer"), verdict && el("span", { class: "verdict" }, verdict), action);
}

/** @param {string} text */
function saying(text) {
  return el("p", { class: "answer-message" }, text);
}

/** @param {readonly Fault[]} faults */
function faultList(faults) {
  if (faults.length === 0) return null;
  return el(
    "ul",
    { class: "faults" },
    ...faults.map(({ path, message }) => el("li", {}, path && el("code", {}, path), " ", message)),
  );
}

/** @param {PredictionError} error */
function adviceOn({ retryable, retryAfterMs }) {
  if (retryAfterMs !== null) return `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  return retryable ? "The same input may work when it is sent again." : "";
}

/** @param {Answer["meta"]} meta */
function aboutAnswer({ model_version: version, timing_ms: timing = {} }) {
  const parts = [
    version !== undefined && `version ${version}`,
    timing.total !== undefined && `${shownMs(timing.total)} in the service`,
    timing.predict !== undefined && `${shownMs(timing.predict)} in the model`,
  ];
  return parts.filter(Boolean).join(" · ");
}

/** @param {number} ms */
function shownMs(ms) {
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(2))} ms`;
}

/** @param {string} text */
function copyButton(text) {
  const copy = button("Copy", () => void navigator.clipboard.writeText(text).then(copied), { class: "quiet" });
  function copied() {
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy"), COPIED_MS);
  }
  return copy;
}
