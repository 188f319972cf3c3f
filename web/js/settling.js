// Acts when something that changes again and again has come to rest, or has not for some time.

const REST_MS = 120;
const MOST_MS = 300;

export class Settling {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** When it acts at the latest. */
  #latest = Infinity;
  #act;

  /** @param {() => void} act */
  constructor(act) {
    this.#act = act;
  }

  /** It has changed. */
  stir() {
    const now = performance.now();
    this.#latest = Math.min(this.#latest, now + MOST_MS);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.stop();
      this.#act();
    }, Math.max(0, Math.min(REST_MS, this.#latest - now)));
  }

  stop() {
    clearTimeout(this.#timer);
    this.#latest = Infinity;
  }
}
