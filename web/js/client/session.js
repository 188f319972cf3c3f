// A conversation with a model that remembers it.

import { SessionEnded } from "./errors.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").EndReason} EndReason */
/** @typedef {import("./types.js").PredictOptions} PredictOptions */

/**
 * @typedef {object} SessionWire
 * @property {(input: unknown, options: PredictOptions) => Promise<Answer>} predict
 * @property {() => void} close asks the service to end it
 */

export class Session {
  #end = new AbortController();
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

  get isOpen() {
    return !this.#end.signal.aborted;
  }

  /**
   * @param {unknown} input
   * @param {PredictOptions} [options]
   * @returns {Promise<Answer>} rejected as that of `Client.predict`, and with a `SessionEnded`
   */
  predict(input, options = {}) {
    const signals = options.signal ? [options.signal, this.#end.signal] : [this.#end.signal];
    return this.#wire.predict(input, { ...options, signal: AbortSignal.any(signals) });
  }

  /**
   * End it, after what was asked before.
   *
   * @returns {Promise<EndReason>}
   */
  close() {
    if (this.isOpen) this.#wire.close();
    return this.closed;
  }
}
