// A bounded queue between those who tell and one who iterates.

import { FellBehind } from "./errors.js";

/** @template T @typedef {{resolve: (result: IteratorResult<T, undefined>) => void, reject: (error: unknown) => void}} Waiter */

/** How much is kept of what is not read, in characters of the frames in which it came. */
export const MOST_KEPT = 16 * 1024 * 1024;

/**
 * An async iterator of what is pushed. One who reads too slowly gets what had been kept and then `FellBehind`, unless newer
 * values may replace older ones.
 *
 * @template T
 * @implements {AsyncIterableIterator<T, undefined, undefined>}
 */
export class Queue {
  /** @type {Map<unknown, {value: T, size: number}>} */
  #kept = new Map();
  #keptSize = 0;
  /** @type {Waiter<T>[]} */
  #waiters = [];
  /** @type {{error?: unknown} | null} */
  #end = null;
  #count = 0;
  #limit;
  #keyOf;
  #signal;
  #onLeave;
  #onBehind;

  /**
   * @param {object} [options]
   * @param {number} [options.limit] how much is kept; of what is larger one value is
   * @param {(value: T) => unknown} [options.keyOf] of two values with the same key only the newer is kept
   * @param {AbortSignal} [options.signal] ends it: its reason is thrown to whoever iterates, now
   * @param {(reason?: unknown) => void} [options.onLeave] called when whoever iterates wants no more
   * @param {() => void} [options.onBehind] called when more has come than is kept
   */
  constructor({ limit = MOST_KEPT, keyOf, signal, onLeave, onBehind } = {}) {
    this.#limit = limit;
    this.#keyOf = keyOf ?? (() => this.#count++);
    this.#signal = signal;
    this.#onLeave = onLeave;
    this.#onBehind = onBehind;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** Whether nothing more is taken. */
  get isOver() {
    return this.#end !== null;
  }

  /**
   * @param {T} value
   * @param {number} [size]
   */
  push(value, size = 1) {
    if (this.#end !== null) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ value, done: false });
      return;
    }
    const key = this.#keyOf(value);
    this.#remove(key);
    if (this.#kept.size > 0 && this.#keptSize + size > this.#limit) {
      this.fail(new FellBehind(this.#limit));
      this.#onBehind?.();
    } else {
      this.#kept.set(key, { value, size });
      this.#keptSize += size;
    }
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

  /** @returns {Promise<IteratorResult<T, undefined>>} */
  async next() {
    for (const [key, { value }] of this.#kept) {
      this.#remove(key);
      return { value, done: false };
    }
    if (this.#end === null) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    const { error } = this.#end;
    this.#leave({});
    if (error !== undefined) throw error;
    return { value: undefined, done: true };
  }

  /** @returns {Promise<IteratorResult<T, undefined>>} */
  async return() {
    const isEarly = this.#end === null;
    this.#leave({});
    this.#release({});
    if (isEarly) this.#onLeave?.();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  #abort = () => {
    const { reason } = /** @type {AbortSignal} */ (this.#signal);
    const isEarly = this.#end === null;
    const isAwaited = this.#waiters.length > 0;
    this.#leave(isAwaited ? {} : { error: reason });
    this.#release({ error: reason });
    if (isEarly) this.#onLeave?.(reason);
  };

  /** @param {unknown} key */
  #remove(key) {
    this.#keptSize -= this.#kept.get(key)?.size ?? 0;
    this.#kept.delete(key);
  }

  /** @param {{error?: unknown}} end what whoever iterates is told next */
  #leave(end) {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#kept.clear();
    this.#keptSize = 0;
    this.#end = end;
  }

  /** @param {{error?: unknown}} end */
  #finish(end) {
    if (this.#end !== null) return;
    if (this.#waiters.length > 0) this.#leave({});
    else if (this.#kept.size === 0) this.#leave(end);
    else this.#end = end;
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
