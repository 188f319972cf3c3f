// A prediction that can be watched as it is made.

/** @template [T=unknown] @typedef {import("./types.js").Answer<T>} Answer */
/** @template [T=unknown] @typedef {import("./types.js").Partial<T>} Partial */
/** @template T @typedef {import("./types.js").Values<T>} Values */

/**
 * To iterate is to get the partial predictions; to leave the loop early cancels the request.
 *
 * @template [Piece=unknown]
 * @template [Prediction=unknown]
 */
export class PredictionStream {
  #partials;

  /**
   * @param {Values<Partial<Piece>>} partials
   * @param {Promise<Answer<Prediction>>} final
   */
  constructor(partials, final) {
    this.#partials = partials;
    /** The answer; rejected where there is none. */
    this.final = final;
    final.catch(() => {}); // whoever only iterates is told there
  }

  [Symbol.asyncIterator]() {
    return this.#partials;
  }
}
