// Predictions of many inputs, a few at a time, each tried again where that may help.

import { ConnectionLost, PredictionError } from "../client/index.js";

/** @typedef {import("../client/types.js").Answer} Answer */
/** @typedef {{prediction: unknown} | {fault: {code: string, message: string}}} Result */
/** @typedef {(input: unknown, signal: AbortSignal) => Promise<Answer>} Ask */

const MOST_TRIES = 6;
const WAIT_MS = 250;
const PASSING = new Set(["OVERLOADED", "RATE_LIMITED", "MODEL_NOT_READY", "SHUTTING_DOWN"]);

export class Run {
  /** @type {(Result | undefined)[]} of the rows; none of those that were not asked */
  results;
  doneCount = 0;
  faultCount = 0;
  #rows;
  #ask;
  #next = 0;

  /**
   * @param {readonly (() => unknown)[]} rows each gives an input, or throws what is wrong with it
   * @param {Ask} ask
   */
  constructor(rows, ask) {
    this.#rows = rows;
    this.#ask = ask;
    this.results = new Array(rows.length);
  }

  get count() {
    return this.#rows.length;
  }

  /**
   * @param {number} width how many are asked at the same time
   * @param {AbortSignal} signal ends it; what is answered by then stays
   */
  async work(width, signal) {
    await Promise.all(Array.from({ length: width }, () => this.#lane(signal)));
  }

  /** @param {AbortSignal} signal */
  async #lane(signal) {
    while (this.#next < this.#rows.length && !signal.aborted) {
      const index = this.#next++;
      const result = await this.#result(this.#rows[index], signal);
      if (result === null) return;
      this.results[index] = result;
      this.doneCount += 1;
      if ("fault" in result) this.faultCount += 1;
    }
  }

  /**
   * @param {() => unknown} row
   * @param {AbortSignal} signal
   * @returns {Promise<Result | null>} null if it was stopped
   */
  async #result(row, signal) {
    try {
      const input = row();
      for (let tries = 1; ; tries += 1) {
        try {
          return { prediction: (await this.#ask(input, signal)).prediction };
        } catch (error) {
          if (signal.aborted || tries === MOST_TRIES || !isPassing(error)) throw error;
          await pause(waitMs(error, tries), signal);
        }
      }
    } catch (error) {
      return signal.aborted ? null : { fault: faultOf(error) };
    }
  }
}

/** @param {unknown} error */
function isPassing(error) {
  if (error instanceof ConnectionLost) return error.sent;
  return error instanceof PredictionError && (PASSING.has(error.code) || error.retryable === true);
}

/**
 * @param {unknown} error
 * @param {number} tries
 */
function waitMs(error, tries) {
  const asked = error instanceof PredictionError ? error.retryAfterMs : null;
  return (asked ?? WAIT_MS * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
}

/**
 * @param {unknown} error
 * @returns {{code: string, message: string}}
 */
function faultOf(error) {
  const { message } = /** @type {Error} */ (error);
  if (!(error instanceof PredictionError)) return { code: "NOT_SENT", message };
  const details = error.details.map(({ path, message: what }) => `${path} ${what}`.trim()).join("; ");
  return { code: error.code, message: details || message };
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
