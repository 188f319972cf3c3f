// The card of the answer: what it says until there is one, and while one is waited for. What shows answers is loaded by the
// time that somebody asks.

import { button, el, fill } from "../dom.js";
import { whenUsed } from "../presence.js";
import { stylesheet } from "../stylesheet.js";

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

/**
 * @typedef {object} Model what is known of what is shown here
 * @property {Schema} outputSchema
 * @property {Schema} partialSchema of partial predictions
 * @property {readonly import("../widgets.js").WidgetEntry[]} widgets that it may ask for
 * @property {(path: string) => string} nameOf what a part of the input is called
 */

const TICK_MS = 100;
/** After this long without an answer it is said that there is none yet. */
const PATIENCE_MS = 400;

export class AnswerCard {
  #status = el("div", { class: "answer-body", role: "status", "aria-atomic": "true" });
  #more = el("div", { class: "answer-body" });
  /** @type {import("./answer.js").AnswerPanel | null} */
  #panel = null;
  /** @type {Run | null} */
  #run = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  /** @type {Model} */
  model = { outputSchema: {}, partialSchema: {}, widgets: [], nameOf: (path) => path };
  element = el("section", { class: "card answer", tabindex: -1, "aria-label": "Answer" }, this.#status, this.#more);

  constructor() {
    this.show("calm", "", null, el("p", { class: "answer-empty" }, "The prediction appears here."));
    whenUsed().then(() => this.load()).catch(() => {}); // whoever asks waits for it
  }

  /** The prediction that is asked for, or was the last to be. */
  get run() {
    return this.#run;
  }

  /** What shows an answer. */
  async load() {
    const [{ AnswerPanel }] = await Promise.all([import("./answer.js"), stylesheet("/css/answer.css")]);
    return (this.#panel ??= new AnswerPanel(this));
  }

  /**
   * A request is under way.
   *
   * @param {Run} run
   */
  begin(run) {
    this.#run = run;
    this.#panel?.begin();
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
    this.show("busy", "", this.stopButton(), el("p", { class: "answer-wait" }, spinner, words, clock));
    this.#ticking = setInterval(tick, TICK_MS);
  }

  /**
   * The input cannot be sent as it was typed.
   *
   * @param {readonly Fault[]} faults
   */
  showUnsendable(faults) {
    this.#panel?.begin();
    this.show("bad", "Not sent", null, saying("This input cannot be sent yet."), this.faultList(faults));
  }

  /**
   * While someone types, an input that is not finished is no error.
   *
   * @param {readonly Fault[]} faults
   */
  showIncomplete(faults) {
    this.#panel?.begin();
    this.show("calm", "Waiting", null, el("p", { class: "hint" }, "The prediction appears as soon as the input is complete."), this.faultList(faults));
  }

  /** @param {readonly Fault[]} faults */
  faultList(faults) {
    if (faults.length === 0) return null;
    const entry = (/** @type {Fault} */ { path, message }) => el("li", {}, path && el("strong", {}, `${this.model.nameOf(path)}:`), " ", message);
    return el("ul", { class: "faults", dir: "auto" }, ...faults.map(entry));
  }

  stopButton() {
    return button("Stop", () => this.#run?.stop(), { class: "stop" });
  }

  /**
   * @param {Tone} tone
   * @param {string} verdict
   * @param {Child} action beside the heading
   * @param {...Child} children
   */
  show(tone, verdict, action, ...children) {
    const hadFocus = this.element.contains(document.activeElement);
    this.#hush();
    this.element.dataset.tone = tone;
    fill(this.#status, el("div", { class: "answer-head" }, el("h2", {}, "Answer"), verdict && el("span", { class: "verdict" }, verdict), action), ...children);
    fill(this.#more);
    if (hadFocus) (this.#status.querySelector("button") ?? this.element).focus({ preventScroll: true });
  }

  /** @param {...Child} children what is not said aloud */
  showBelow(...children) {
    fill(this.#more, ...children);
  }

  /** On a small screen the answer stands below the form. */
  bringIntoView() {
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** The page goes away. */
  stop() {
    this.#hush();
    this.#panel?.stop();
  }

  /** No word of waiting any more. */
  #hush() {
    clearInterval(this.#ticking);
    clearTimeout(this.#patience);
    this.#ticking = this.#patience = undefined;
  }
}

/** @param {string} text */
export function saying(text) {
  return el("p", { class: "answer-message" }, text);
}
