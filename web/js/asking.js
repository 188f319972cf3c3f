// Has a model predict, and shows in the answer panel what becomes of it. Whatever is asked anew replaces what runs.

import { PredictionError } from "./client/index.js";
import { loadWith } from "./loading.js";
import { saying } from "./views/answer-card.js";

/** @typedef {import("./catalogue.js").Catalogue} Catalogue */
/** @typedef {import("./client/index.js").Client} Client */
/** @typedef {import("./client/errors.js").Fault} Fault */
/** @typedef {import("./client/session.js").Session} Session */
/** @typedef {import("./client/types.js").Answer} Answer */
/** @typedef {import("./client/types.js").PredictOptions} PredictOptions */
/** @typedef {import("./views/answer-card.js").AnswerCard} AnswerCard */
/** @typedef {import("./views/answer.js").AnswerPanel} AnswerPanel */

/** @typedef {{onFaults: (faults: readonly Fault[]) => void, onStop: () => void}} Form */
/** @typedef {{controller: AbortController, isLive: boolean, call: object | undefined}} Running */

/**
 * What became of a question that the service has answered.
 *
 * @typedef {object} Outcome
 * @property {unknown} input
 * @property {boolean} isLive
 * @property {Answer} [answer]
 * @property {PredictionError} [error] instead of an answer
 * @property {number | null} elapsedMs null if it waited for more than the service
 */

/** Dispatches `change` when `isBusy` or `session` does, and `outcome` with an `Outcome`. */
export class Asking extends EventTarget {
  /** @type {Running | null} */
  #running = null;
  #name;
  #client;
  #catalogue;
  #answers;
  #isLoading = false;
  /** @type {Session | null} */
  #session = null;
  /** Whether the model is asked for partial predictions. */
  isStream = false;

  /**
   * @param {string} name of the model
   * @param {Client} client
   * @param {Catalogue} catalogue
   * @param {AnswerCard} answers
   */
  constructor(name, client, catalogue, answers) {
    super();
    this.#name = name;
    this.#client = client;
    this.#catalogue = catalogue;
    this.#answers = answers;
  }

  /** Whether an answer is waited for that someone has asked for. */
  get isBusy() {
    return this.#running !== null && !this.#running.isLive;
  }

  /** In which predictions are made. */
  get session() {
    return this.#session;
  }

  set session(session) {
    this.#session = session;
    this.dispatchEvent(new Event("change"));
  }

  /**
   * @param {unknown} input
   * @param {Form} form
   * @param {{isLive?: boolean}} [options] `isLive`: asked because the input has changed, whatever it is by now
   */
  async ask(input, form, { isLive = false } = {}) {
    /** @type {Running} */
    const running = { controller: new AbortController(), isLive, call: this.#running?.call };
    this.#become(running);
    this.#answers.begin({
      isLive,
      doing: () => this.#doing,
      stop: () => this.cancel(),
      again: () => this.ask(input, form),
    });
    const panel = await this.#panelFor(running, form);
    if (panel === null || this.#running !== running) return;
    const watch = this.#watch();
    /** @type {Answer | undefined} */
    let answer;
    /** @type {unknown} */
    let error;
    try {
      answer = await this.#answerOfReady(input, running, panel);
    } catch (caught) {
      error = caught;
    }
    const elapsedMs = watch();
    if (this.#running !== running) return;
    this.#become(null);
    if (answer !== undefined) this.#showPrediction(panel, answer, elapsedMs, isLive);
    else if (running.controller.signal.aborted) this.#showStopped(panel, form);
    else this.#showError(panel, error, form, isLive);
    if (answer !== undefined || error instanceof PredictionError) this.#tell({ input, isLive, answer, error, elapsedMs });
  }

  /**
   * What has been typed cannot be asked for: nobody waits any more for what it was before.
   *
   * @param {readonly Fault[]} faults
   */
  hold(faults) {
    this.stop();
    this.#answers.showIncomplete(faults);
  }

  /**
   * What has been typed cannot be sent, and the person wanted it to be.
   *
   * @param {readonly Fault[]} faults
   */
  refuse(faults) {
    this.stop();
    this.#answers.showUnsendable(faults);
  }

  /** The person does not want what runs any more. */
  cancel() {
    this.#running?.controller.abort();
  }

  /** Nobody waits any more. */
  stop() {
    const running = this.#running;
    this.#become(null);
    running?.controller.abort();
  }

  get #doing() {
    if (this.#client.state !== "open") return "Waiting for the service…";
    return this.#isLoading ? "Waiting for the model to load…" : "Predicting…";
  }

  /**
   * What shows the answer is there before it is asked for; how long that takes is not counted.
   *
   * @param {Running} running
   * @param {Form} form
   * @returns {Promise<AnswerPanel | null>} null if it cannot be had: then nothing is asked
   */
  async #panelFor(running, { onStop }) {
    const { signal } = running.controller;
    try {
      return await loadWith(() => this.#answers.load(), this.#client, signal);
    } catch {
      if (this.#running !== running) return null;
      this.#become(null);
      if (signal.aborted) {
        this.#answers.show("calm", "Stopped", null, saying("Nothing was asked until then."));
        onStop();
      } else this.#answers.show("bad", "Not sent", null, saying("A part of the page could not be loaded, and nothing was asked. Try again."));
      return null;
    }
  }

  /** @returns {() => number | null} how long it has taken, unless there was no connection for some of the time */
  #watch() {
    const startedAt = performance.now();
    let isWhole = this.#client.state === "open";
    const broken = () => (isWhole = false);
    this.#client.addEventListener("statechange", broken);
    return () => {
      this.#client.removeEventListener("statechange", broken);
      return isWhole ? performance.now() - startedAt : null;
    };
  }

  /**
   * Ask, and once more when the model has loaded: a service that has just come back is still loading its models.
   *
   * @param {unknown} input
   * @param {Running} running
   * @param {AnswerPanel} panel
   * @returns {Promise<Answer>}
   */
  async #answerOfReady(input, running, panel) {
    const { signal } = running.controller;
    try {
      return await this.#answer(input, running, panel);
    } catch (error) {
      if (!(error instanceof PredictionError) || error.code !== "MODEL_NOT_READY") throw error;
      this.#isLoading = true;
      const isReady = await this.#catalogue.becomesReady(this.#name, signal).finally(() => (this.#isLoading = false));
      if (!isReady) throw error;
      return this.#answer(input, running, panel);
    }
  }

  /**
   * @param {unknown} input
   * @param {Running} running
   * @param {AnswerPanel} panel
   * @returns {Promise<Answer>}
   */
  async #answer(input, running, panel) {
    /** @type {PredictOptions} */
    const options = { signal: running.controller.signal, replaces: running.call };
    if (this.#session !== null || !this.isStream) {
      const call = this.#session?.predict(input, options) ?? this.#client.predict(this.#name, input, options);
      running.call = call;
      return call;
    }
    const stream = this.#client.stream(this.#name, input, options);
    running.call = stream;
    for await (const { prediction } of stream) if (this.#running === running) panel.showPartial(prediction);
    return stream.final;
  }

  /**
   * @param {AnswerPanel} panel
   * @param {Answer} answer
   * @param {number | null} elapsedMs
   * @param {boolean} isLive
   */
  #showPrediction(panel, answer, elapsedMs, isLive) {
    panel.showPrediction(answer, elapsedMs);
    if (!isLive) this.#answers.bringIntoView();
  }

  /**
   * @param {AnswerPanel} panel
   * @param {Form} form
   */
  #showStopped(panel, { onStop }) {
    panel.showStopped();
    onStop();
  }

  /**
   * @param {AnswerPanel} panel
   * @param {unknown} error
   * @param {Form} form
   * @param {boolean} isLive
   */
  #showError(panel, error, { onFaults }, isLive) {
    const details = error instanceof PredictionError ? error.details : [];
    if (isLive && details.length > 0) {
      this.#answers.showIncomplete(details);
      return;
    }
    panel.showError(error);
    if (isLive) return;
    if (details.length > 0) onFaults(details);
    else this.#answers.bringIntoView();
  }

  /** @param {{input: unknown, isLive: boolean, answer: Answer | undefined, error: unknown, elapsedMs: number | null}} detail */
  #tell(detail) {
    this.dispatchEvent(new CustomEvent("outcome", { detail }));
  }

  /** @param {Running | null} running */
  #become(running) {
    this.#running = running;
    this.dispatchEvent(new Event("change"));
  }
}
