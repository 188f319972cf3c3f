// What came back: the prediction, as it grows and when it is there, or why there is none.

import { ConnectionLost, PredictionError, SessionEnded, TooLarge } from "../client/index.js";
import { button, el } from "../dom.js";
import { Output, prepareOutput } from "../output/output.js";
import { saying } from "./answer-card.js";
import { copyButton } from "./copy.js";
import { Growing } from "./growing.js";
import { timeSplit } from "./timing.js";

/** @typedef {import("../client/types.js").Answer} Answer */
/** @typedef {import("../dom.js").Child} Child */
/** @typedef {import("./answer-card.js").AnswerCard} AnswerCard */
/** @typedef {import("./answer-card.js").Tone} Tone */

export class AnswerPanel {
  #card;
  #output = new Output();
  #growing;

  /** @param {AnswerCard} card in which it is shown */
  constructor(card) {
    prepareOutput(); // the service may be away when there is something to show
    this.#card = card;
    this.#growing = this.#newGrowing();
  }

  /** What was told until now counts no more. */
  begin() {
    this.#growing.stop();
    this.#growing = this.#newGrowing();
  }

  /**
   * The model has told something on the way.
   *
   * @param {unknown} prediction
   */
  showPartial(prediction) {
    const isFirst = this.#growing.isEmpty;
    this.#growing.add(prediction);
    if (!isFirst) return;
    this.#card.show("busy", this.#growing.isText ? "Writing…" : "Predicting…", this.#card.stopButton());
    this.#card.showBelow(this.#growing.element);
    this.#card.bringIntoView();
  }

  /**
   * @param {Answer} answer
   * @param {number | null} elapsedMs from the question to the answer; null if it waited for more than the service
   */
  showPrediction({ prediction, meta }, elapsedMs) {
    const copy = navigator.clipboard && copyButton("Copy", () => JSON.stringify(prediction, null, 2), { class: "quiet", "aria-live": "off" });
    const about = timeSplit(meta, elapsedMs);
    if (!this.#growing.isText) {
      const { outputSchema, widgets } = this.#card.model;
      this.#growing.stop();
      this.#output.show(prediction, outputSchema, widgets);
      this.#card.show("good", "Prediction", copy, this.#output.summary);
      this.#card.showBelow(this.#output.element, about);
      return;
    }
    this.#card.show("good", "Prediction", copy);
    this.#growing.finish(prediction);
    this.#card.showBelow(this.#growing.element, about);
  }

  /** The person has stopped it: what was told until then stays. */
  showStopped() {
    const text = this.#growing.isEmpty ? "Nothing had come until then." : "";
    this.#showEnd("calm", "Stopped", text && el("p", { class: "hint" }, text));
  }

  /** @param {unknown} error */
  showError(error) {
    if (isInterruption(error)) {
      const again = this.#card.run && button("Retry", this.#card.run.again, { class: "retry" });
      this.#showEnd("bad", "Interrupted", saying("Interrupted: the service went away before the answer came."), again);
    } else if (error instanceof PredictionError) {
      const advice = adviceOn(error);
      this.#showEnd(
        "bad",
        "Error",
        saying(error.message),
        this.#card.faultList(error.details),
        advice && el("p", { class: "hint" }, advice),
        el("p", { class: "codes" }, el("code", {}, error.type), el("code", {}, error.code)),
      );
    } else {
      const isUnsent = error instanceof TooLarge || error instanceof ConnectionLost;
      this.#showEnd("bad", isUnsent ? "Not sent" : "No answer", saying(/** @type {Error} */ (error).message));
    }
  }

  /** The page goes away. */
  stop() {
    this.#growing.stop();
  }

  #newGrowing() {
    const { outputSchema, partialSchema, widgets } = this.#card.model;
    const show = (/** @type {unknown} */ prediction) => this.#output.show(prediction, partialSchema, widgets);
    return new Growing(outputSchema, partialSchema, { element: this.#output.element, show });
  }

  /**
   * There will be no answer; what had come stays, above the reason.
   *
   * @param {Tone} tone
   * @param {string} verdict
   * @param {...Child} children
   */
  #showEnd(tone, verdict, ...children) {
    this.#growing.stop();
    this.#card.show(tone, verdict, null, ...children);
    if (!this.#growing.isEmpty) this.#card.showBelow(this.#growing.element);
  }
}

/**
 * Whether the service went away while it was at it, so that the same may work when it is back.
 *
 * @param {unknown} error
 */
function isInterruption(error) {
  if (error instanceof ConnectionLost) return error.sent;
  if (error instanceof SessionEnded) return error.reason === "connection_lost";
  return error instanceof PredictionError && error.code === "SHUTTING_DOWN";
}

/** @param {PredictionError} error */
function adviceOn({ code, retryable, retryAfterMs }) {
  if (code === "INTERNAL") return "The service’s log says why.";
  if (retryAfterMs !== null) return `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  return retryable ? "The same input may work when it is sent again." : "";
}
