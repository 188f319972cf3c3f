// The same input, asked of several versions of a model: their answers side by side.

import { PredictionError } from "../client/index.js";
import { comparison } from "../compare/table.js";
import { button, el, fill } from "../dom.js";
import { renderOutput } from "../output/index.js";
import { timeSplit } from "../views/timing.js";
import { readyVersions } from "./ready.js";

/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("../client/types.js").Answer} Answer */
/** @typedef {import("../views/tools.js").Bench} Bench */
/** @typedef {{version: string, answer?: Answer, error?: Error, elapsedMs: number}} Outcome */

export class VersionsPanel {
  #bench;
  /** @type {AbortController | null} */
  #running = null;
  #word = el("p", { class: "hint", role: "status" });
  #run = button("Compare versions", () => this.#startOrStop(), { class: "small primary" });
  #columns = el("div", { class: "columns" });
  #compared = el("div");
  element = el("div", { class: "stack" }, el("div", { class: "actions" }, this.#run), this.#word, this.#columns, this.#compared);

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    this.#say(`Asks ${this.#versions.map((version) => `version ${version}`).join(" and ")} with the input above.`);
  }

  /** The page goes away. */
  stop() {
    this.#running?.abort();
  }

  get #versions() {
    return readyVersions(this.#bench);
  }

  #startOrStop() {
    if (this.#running !== null) {
      this.#running.abort();
      return;
    }
    /** @type {Fault[]} */
    const faults = [];
    const input = this.#bench.input.read(faults);
    if (faults.length > 0) {
      this.#say("The input above is not finished.");
      this.#bench.input.predict();
      return;
    }
    this.#ask(input);
  }

  /** @param {unknown} input */
  async #ask(input) {
    const running = (this.#running = new AbortController());
    this.#run.textContent = "Stop";
    this.#say("Predicting…");
    const outcomes = await Promise.all(this.#versions.map((version) => this.#askOne(version, input, running.signal)));
    this.#running = null;
    this.#run.textContent = "Compare versions";
    if (running.signal.aborted) this.#say("Stopped.");
    else this.#show(outcomes);
  }

  /**
   * @param {string} version
   * @param {unknown} input
   * @param {AbortSignal} signal
   * @returns {Promise<Outcome>}
   */
  async #askOne(version, input, signal) {
    const startedAt = performance.now();
    const taken = () => performance.now() - startedAt;
    try {
      const answer = await this.#bench.client.predict(this.#bench.name, input, { modelVersion: version, signal });
      return { version, answer, elapsedMs: taken() };
    } catch (error) {
      return { version, error: /** @type {Error} */ (error), elapsedMs: taken() };
    }
  }

  /** @param {readonly Outcome[]} outcomes */
  #show(outcomes) {
    this.#say(`${outcomes.length} versions have answered.`);
    fill(this.#columns, ...outcomes.map((outcome) => this.#column(outcome)));
    const values = outcomes.map(({ answer, error }) => (error === undefined ? answer?.prediction : error.message));
    fill(this.#compared, comparison("Versions side by side", outcomes.map(({ version }) => version), [{ title: "Prediction", values }]));
  }

  /** @param {Outcome} outcome */
  #column({ version, answer, error, elapsedMs }) {
    const { output_schema: schema, widgets = [] } = this.#bench.metadata;
    const code = error instanceof PredictionError ? error.code : "";
    return el(
      "section",
      { class: "column", "aria-label": `Version ${version}` },
      el("h3", {}, `Version ${version}`),
      ...(answer === undefined
        ? [el("p", { class: "answer-message" }, error?.message), code && el("p", { class: "codes" }, el("code", {}, code))]
        : [el("div", { class: "output-body" }, renderOutput(answer.prediction, schema, widgets)), timeSplit(answer.meta, elapsedMs)]),
    );
  }

  /** @param {string} words */
  #say(words) {
    this.#word.textContent = words;
  }
}
