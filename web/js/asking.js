// Has a model predict: one request after the other, each shown in the answer panel from when it is asked for.

import { PredictionError } from "./client/index.js";

/** @typedef {import("./catalogue.js").Catalogue} Catalogue */
/** @typedef {import("./client/index.js").Client} Client */
/** @typedef {import("./client/errors.js").Fault} Fault */
/** @typedef {import("./client/session.js").Session} Session */
/** @typedef {import("./client/types.js").Answer} Answer */
/** @typedef {import("./views/answer.js").AnswerPanel} AnswerPanel */

/** Dispatches `change` when `isBusy` does. */
export class Asking extends EventTarget {
  /** @type {AbortController | null} */
  #running = null;
  #name;
  #client;
  #catalogue;
  #answers;
  #isLoading = false;
  /** Whether the model is asked for partial predictions. */
  isStream = false;
  /** @type {Session | null} in which predictions are made */
  session = null;

  /**
   * @param {string} name of the model
   * @param {Client} client
   * @param {Catalogue} catalogue
   * @param {AnswerPanel} answers
   */
  constructor(name, client, catalogue, answers) {
    super();
    this.#name = name;
    this.#client = client;
    this.#catalogue = catalogue;
    this.#answers = answers;
  }

  get isBusy() {
    return this.#running !== null;
  }

  /**
   * @param {unknown} input
   * @param {{onFaults: (faults: readonly Fault[]) => void, onStop: () => void}} form
   */
  async ask(input, form) {
    const running = new AbortController();
    this.#become(running);
    this.#answers.begin({
      doing: () => this.#doing,
      stop: () => running.abort(),
      again: () => this.ask(input, form),
    });
    try {
      this.#answers.showPrediction(await this.#answerOfReady(input, running.signal));
      this.#answers.bringIntoView();
    } catch (error) {
      if (running.signal.aborted) this.#showStopped(running, form);
      else this.#showError(error, form);
    } finally {
      if (this.#running === running) this.#become(null);
    }
  }

  get #doing() {
    if (this.#client.state !== "open") return "Waiting for the service…";
    return this.#isLoading ? "Waiting for the model to load…" : "Predicting…";
  }

  /** Nobody waits any more: the page goes away. */
  stop() {
    const running = this.#running;
    this.#become(null);
    running?.abort();
  }

  /**
   * Ask, and once more when the model has loaded: a service that has just come back is still loading its models.
   *
   * @param {unknown} input
   * @param {AbortSignal} signal
   * @returns {Promise<Answer>}
   */
  async #answerOfReady(input, signal) {
    try {
      return await this.#answer(input, signal);
    } catch (error) {
      if (!(error instanceof PredictionError) || error.code !== "MODEL_NOT_READY") throw error;
      this.#isLoading = true;
      const isReady = await this.#catalogue.becomesReady(this.#name, signal).finally(() => (this.#isLoading = false));
      if (!isReady) throw error;
      return this.#answer(input, signal);
    }
  }

  /**
   * @param {unknown} input
   * @param {AbortSignal} signal
   * @returns {Promise<Answer>}
   */
  async #answer(input, signal) {
    if (this.session !== null) return this.session.predict(input, { signal });
    if (!this.isStream) return this.#client.predict(this.#name, input, { signal });
    const stream = this.#client.stream(this.#name, input, { signal });
    for await (const { prediction } of stream) this.#answers.showPartial(prediction);
    return stream.final;
  }

  /**
   * @param {AbortController} running
   * @param {{onStop: () => void}} form
   */
  #showStopped(running, { onStop }) {
    if (this.#running !== running) return;
    this.#answers.showStopped();
    onStop();
  }

  /**
   * @param {unknown} error
   * @param {{onFaults: (faults: readonly Fault[]) => void}} form
   */
  #showError(error, { onFaults }) {
    this.#answers.showError(error);
    if (error instanceof PredictionError && error.details.length > 0) onFaults(error.details);
    else this.#answers.bringIntoView();
  }

  /** @param {AbortController | null} running */
  #become(running) {
    this.#running = running;
    this.dispatchEvent(new Event("change"));
  }
}
