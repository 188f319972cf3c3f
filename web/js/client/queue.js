// A bounded queue between those who tell and one who iterates.

import { FellBehind } from "./errors.js";

/** @template T @typedef {{resolve: (result: IteratorResult<T, undefined>) => void, reject: (error: unknown) => void}} Waiter */

/**
 * An async iterator of what is pushed. One who reads too slowly gets what had been kept and then `FellBehind`, unless newer
 * values may replace older ones.
 *
 * @template T
 * @implements {AsyncIterableIterator<T, undefined, undefined>}
 */
export class Queue {
  /** @type {Map<unknown, T>} */
  #kept = new Map();
  /** @type {Waiter<T>[]} */
  #waiters = [];
  /** @type {{error?: unknown} | null} */
  #end = null;
  #count = 0;
  #limit;
  #keyOf;
  #onReturn;

  /**
   * @param {object} options
   * @param {number} options.limit how many values are kept
   * @param {(value: T) => unknown} [options.keyOf] of two values with the same key only the newer is kept
   * @param {() => void} [options.onReturn] called when whoever iterates wants no more
   */
  constructor({ limit, keyOf, onReturn }) {
    this.#limit = limit;
    this.#keyOf = keyOf ?? (() => this.#count++);
    this.#onReturn = onReturn;
  }

  /** Whether nothing more is taken. */
  get isOver() {
    return this.#end !== null;
  }

  /** @param {T} value */
  push(value) {
    if (this.#end !== null) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ value, done: false });
      return;
    }
    const key = this.#keyOf(value);
    this.#kept.delete(key);
    if (this.#kept.size >= this.#limit) this.fail(new FellBehind(this.#limit));
    else this.#kept.set(key, value);
  }

  /** Nothing more comes; what is kept can still be read. */
  end() {
    this.#finish({});
  }

  /**
   * Throw to whoever iterates, after what is kept.
   *
   * @param {unknown} error
   */
  fail(error) {
    this.#finish({ error });
  }

  /**
   * Throw to whoever iterates, now.
   *
   * @param {unknown} error
   */
  abort(error) {
    this.#kept.clear();
    this.fail(error);
  }

  /** @returns {Promise<IteratorResult<T, undefined>>} */
  async next() {
    for (const [key, value] of this.#kept) {
      this.#kept.delete(key);
      return { value, done: false };
    }
    if (this.#end === null) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    const { error } = this.#end;
    this.#end = {};
    if (error !== undefined) throw error;
    return { value: undefined, done: true };
  }

  /** @returns {Promise<IteratorResult<T, undefined>>} */
  async return() {
    const isEarly = this.#end === null;
    this.#kept.clear();
    this.#end = {};
    this.#release({});
    if (isEarly) this.#onReturn?.();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @param {{error?: unknown}} end */
  #finish(end) {
    if (this.#end !== null) return;
    this.#end = this.#waiters.length > 0 ? {} : end;
    this.#release(end);
  }

  /** @param {{error?: unknown}} end */
  #release({ error }) {
    const [first, ...others] = this.#waiters.splice(0);
    if (error === undefined) first?.resolve({ value: undefined, done: true });
    else first?.reject(error);
    for (const waiter of others) waiter.resolve({ value: undefined, done: true });
  }
}
