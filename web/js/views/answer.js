// What came back: the prediction, as it grows and when it is there, or why there is none.

import { ConnectionLost, PredictionError, SessionEnded, TooLarge } from "../client/index.js";
import { button, el, fill } from "../dom.js";
import { Output, prepareOutput } from "../output/output.js";
import { copyButton } from "./copy.js";
import { Growing } from "./growing.js";
import { timeSplit } from "./timing.js";

/** @typedef {import("../client/types.js").Answer} Answer */
/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("../dom.js").Child} Child */
/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {"calm" | "busy" | "good" | "bad"} Tone */

/**
 * @typedef {object} Run one prediction, from when it is asked for
 * @property {boolean} isLive it replaces one whose answer may stay until this one is there
 * @property {() => string} doing what is going on, in a few words
 * @property {() => void} stop
 * @property {() => void} again
 */

const TICK_MS = 100;
/** After this long without an answer it is said that there is none yet. */
const PATIENCE_MS = 400;

export class AnswerPanel {
  #status = el("div", { class: "answer-body", role: "status", "aria-atomic": "true" });
  #more = el("div", { class: "answer-body" });
  /** @type {Schema} of what is shown here */
  outputSchema = {};
  /** @type {Schema | null} of partial predictions, where they have one of their own */
  partialSchema = null;
  /** @type {readonly import("../widgets.js").WidgetEntry[]} that it may ask for */
  widgets = [];
  /** @type {(path: string) => string} what a part of the input is called */
  nameOf = (path) => path;
  #output = new Output();
  #growing = this.#newGrowing();
  /** @type {Run | null} */
  #run = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  element = el("section", { class: "card answer", tabindex: -1, "aria-label": "Answer" }, this.#status, this.#more);

  constructor() {
    this.#show("calm", head(), el("p", { class: "answer-empty" }, "The prediction appears here."));
  }

  /**
   * A request is under way.
   *
   * @param {Run} run
   */
  begin(run) {
    prepareOutput();
    this.#run = run;
    this.#growing.stop();
    this.#growing = this.#newGrowing();
    if (!run.isLive) this.#showBusy(run);
    else if (this.#ticking === undefined) this.#patience ??= setTimeout(() => this.#showBusy(this.#run ?? run), PATIENCE_MS);
  }

  /** @param {Run} run */
  #showBusy(run) {
    const words = el("span", {}, run.doing());
    const clock = el("span", { class: "clock", "aria-hidden": "true" });
    const startedAt = performance.now();
    const tick = () => {
      clock.textContent = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
      const doing = (this.#run ?? run).doing();
      if (words.textContent !== doing) words.textContent = doing;
    };
    tick();
    const spinner = el("span", { class: "spinner", "aria-hidden": "true" });
    this.#show("busy", head("", this.#stopButton()), el("p", { class: "answer-wait" }, spinner, words, clock));
    this.#ticking = setInterval(tick, TICK_MS);
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
    this.#show("busy", head(this.#growing.isText ? "Writing…" : "Predicting…", this.#stopButton()));
    fill(this.#more, this.#growing.element);
    this.bringIntoView();
  }

  /**
   * @param {Answer} answer
   * @param {number | null} elapsedMs from the question to the answer; null if it waited for more than the service
   */
  showPrediction({ prediction, meta }, elapsedMs) {
    const copy = navigator.clipboard && copyButton("Copy", () => JSON.stringify(prediction, null, 2), { class: "quiet", "aria-live": "off" });
    const about = timeSplit(meta, elapsedMs);
    if (!this.#growing.isText) {
      this.#growing.stop();
      this.#output.show(prediction, this.outputSchema, this.widgets);
      this.#show("good", head("Prediction", copy), this.#output.summary);
      fill(this.#more, this.#output.element, about);
      return;
    }
    this.#show("good", head("Prediction", copy));
    this.#growing.finish(prediction);
    fill(this.#more, this.#growing.element, about);
  }

  /** The person has stopped it: what was told until then stays. */
  showStopped() {
    const text = this.#growing.isEmpty ? "Nothing had come until then." : "";
    this.#showEnd("calm", "Stopped", text && el("p", { class: "hint" }, text));
  }

  /** @param {unknown} error */
  showError(error) {
    if (isInterruption(error)) {
      const again = this.#run && button("Retry", this.#run.again, { class: "retry" });
      this.#showEnd("bad", "Interrupted", saying("Interrupted: the service went away before the answer came."), again);
    } else if (error instanceof PredictionError) {
      const advice = adviceOn(error);
      this.#showEnd(
        "bad",
        "Error",
        saying(error.message),
        this.#faultList(error.details),
        advice && el("p", { class: "hint" }, advice),
        el("p", { class: "codes" }, el("code", {}, error.type), el("code", {}, error.code)),
      );
    } else {
      const isUnsent = error instanceof TooLarge || error instanceof ConnectionLost;
      this.#showEnd("bad", isUnsent ? "Not sent" : "No answer", saying(/** @type {Error} */ (error).message));
    }
  }

  /**
   * The input cannot be sent as it was typed.
   *
   * @param {readonly Fault[]} faults
   */
  showUnsendable(faults) {
    this.#growing = this.#newGrowing();
    this.#show("bad", head("Not sent"), saying("This input cannot be sent yet."), this.#faultList(faults));
  }

  /**
   * While someone types, an input that is not finished is no error.
   *
   * @param {readonly Fault[]} faults
   */
  showIncomplete(faults) {
    this.#growing.stop();
    this.#growing = this.#newGrowing();
    this.#show("calm", head("Waiting"), el("p", { class: "hint" }, "The prediction appears as soon as the input is complete."), this.#faultList(faults));
  }

  /** On a small screen the answer stands below the form. */
  bringIntoView() {
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** The page goes away. */
  stop() {
    this.#hush();
    this.#growing.stop();
  }

  /** No word of waiting any more. */
  #hush() {
    clearInterval(this.#ticking);
    clearTimeout(this.#patience);
    this.#ticking = this.#patience = undefined;
  }

  #stopButton() {
    return button("Stop", () => this.#run?.stop(), { class: "stop" });
  }

  #newGrowing() {
    const schema = this.partialSchema ?? this.outputSchema;
    const show = (/** @type {unknown} */ prediction) => this.#output.show(prediction, schema, this.widgets);
    return new Growing(this.outputSchema, schema, { element: this.#output.element, show });
  }

  /** @param {readonly Fault[]} faults */
  #faultList(faults) {
    if (faults.length === 0) return null;
    const entry = (/** @type {Fault} */ { path, message }) => el("li", {}, path && el("strong", {}, `${this.nameOf(path)}:`), " ", message);
    return el("ul", { class: "faults", dir: "auto" }, ...faults.map(entry));
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
    this.#show(tone, head(verdict), ...children);
    if (!this.#growing.isEmpty) fill(this.#more, this.#growing.element);
  }

  /**
   * @param {Tone} tone
   * @param {...Child} children
   */
  #show(tone, ...children) {
    const hadFocus = this.element.contains(document.activeElement);
    this.#hush();
    this.element.dataset.tone = tone;
    fill(this.#status, ...children);
    fill(this.#more);
    if (hadFocus) (this.#status.querySelector("button") ?? this.element).focus({ preventScroll: true });
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

/**
 * @param {string} [verdict]
 * @param {Child} [action]
 */
function head(verdict, action) {
  return el("div", { class: "answer-head" }, el("h2", {}, "Answer"), verdict && el("span", { class: "verdict" }, verdict), action);
}

/** @param {string} text */
function saying(text) {
  return el("p", { class: "answer-message" }, text);
}

/** @param {PredictionError} error */
function adviceOn({ code, retryable, retryAfterMs }) {
  if (code === "INTERNAL") return "The service’s log says why.";
  if (retryAfterMs !== null) return `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  return retryable ? "The same input may work when it is sent again." : "";
}
