// A conversation with a model that remembers it.

import { SessionEnded } from "./errors.js";

/** @typedef {import("./types.js").EndReason} EndReason */
/** @typedef {import("./types.js").RequestOptions} RequestOptions */
/** @template [T=unknown] @typedef {import("./types.js").Answer<T>} Answer */

/**
 * @typedef {object} SessionWire
 * @property {(input: unknown, options: RequestOptions) => Promise<Answer<any>>} predict
 * @property {() => void} close asks the service to end it
 */

export class Session {
  #end = new AbortController();
  /** @type {Set<Promise<unknown>>} */
  #open = new Set();
  #isClosing = false;
  #wire;

  /**
   * @param {SessionWire} wire
   * @param {(onEnd: (reason: EndReason) => void) => void} watch
   */
  constructor(wire, watch) {
    this.#wire = wire;
    /** Resolved with the reason when it has ended; never rejected. */
    this.closed = /** @type {Promise<EndReason>} */ (
      new Promise((resolve) => {
        watch((reason) => {
          resolve(reason);
          this.#end.abort(new SessionEnded(reason));
        });
      })
    );
  }

  /** Whether it still predicts. */
  get isOpen() {
    return !this.#isClosing && !this.#end.signal.aborted;
  }

  /**
   * @template [Prediction=unknown]
   * @param {unknown} input
   * @param {RequestOptions} [options]
   * @returns {Promise<Answer<Prediction>>} rejected as that of `Client.predict`, and with a `SessionEnded`
   */
  predict(input, options = {}) {
    if (this.#isClosing) return Promise.reject(new SessionEnded("closed"));
    const { signal: end } = this.#end;
    const answered = this.#wire.predict(input, { ...options, signal: options.signal ? AbortSignal.any([options.signal, end]) : end });
    const settled = () => void this.#open.delete(answered);
    this.#open.add(answered);
    answered.then(settled, settled);
    return answered;
  }

  /**
   * End it, after what was asked before.
   *
   * @returns {Promise<EndReason>}
   */
  async close() {
    if (this.isOpen) {
      this.#isClosing = true;
      if (this.#open.size > 0) await Promise.allSettled(this.#open);
      if (!this.#end.signal.aborted) this.#wire.close();
    }
    return this.closed;
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}
