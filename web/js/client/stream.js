// A prediction that can be watched as it is made.

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Partial} Partial */
/** @template T @typedef {import("./queue.js").Queue<T>} Queue */

/** To iterate is to get the partial predictions; to leave the loop early cancels the request. */
export class PredictionStream {
  #partials;

  /**
   * @param {Queue<Partial>} partials
   * @param {Promise<Answer>} final
   */
  constructor(partials, final) {
    this.#partials = partials;
    /** The answer; rejected with what iterating throws. */
    this.final = final;
    final.catch(() => {}); // whoever only iterates is told there
  }

  [Symbol.asyncIterator]() {
    return this.#partials;
  }
}
