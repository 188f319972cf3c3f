// What can be done on the page that is shown: one list for keys, and for the palette.

/**
 * @typedef {object} Action
 * @property {string} name
 * @property {string} [key] which does it where nothing is typed: a `KeyboardEvent.key`
 * @property {string} [chord] which does it by other means, to be told only
 * @property {() => boolean} [isPossible] without it, always
 * @property {() => void} act
 */

export class Actions {
  /** @type {Set<readonly Action[]>} */
  #groups = new Set();

  /**
   * @param {readonly Action[]} actions
   * @returns {() => void} removes them
   */
  add(actions) {
    this.#groups.add(actions);
    return () => void this.#groups.delete(actions);
  }

  /** @returns {Action[]} those that are possible now; those of the page that is shown first */
  all() {
    return [...this.#groups].reverse().flat().filter(({ isPossible }) => isPossible?.() ?? true);
  }
}
