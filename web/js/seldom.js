// Does something now and then, however often it is asked for, and never while nobody can see it.

/** A page that is hidden gets no frames: what is due there waits until it is looked at. */
export class Seldom {
  #act;
  #everyMs;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #waiting;
  #frame = 0;

  /**
   * @param {() => void} act
   * @param {number} everyMs at most
   */
  constructor(act, everyMs) {
    this.#act = act;
    this.#everyMs = everyMs;
  }

  /** There is something to do. */
  stir() {
    this.#waiting ??= setTimeout(() => (this.#frame = requestAnimationFrame(this.#do)), this.#everyMs);
  }

  stop() {
    clearTimeout(this.#waiting);
    cancelAnimationFrame(this.#frame);
    this.#waiting = undefined;
  }

  #do = () => {
    this.#waiting = undefined;
    this.#act();
  };
}
