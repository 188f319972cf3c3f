// How far a run is, written anew a few times a second however fast it goes.

import { el } from "../dom.js";

/** @typedef {import("./run.js").Run} Run */

const EVERY_MS = 150;

export class Progress {
  #run;
  #startedAt = performance.now();
  #bar;
  #words = el("p", { class: "progress-words" });
  #timer;
  element;

  /** @param {Run} run */
  constructor(run) {
    this.#run = run;
    this.#bar = el("progress", { max: run.count, value: 0, "aria-label": "Rows predicted" });
    this.element = el("div", { class: "progress" }, this.#bar, this.#words);
    this.#timer = setInterval(() => this.#show(), EVERY_MS);
    this.#show();
  }

  stop() {
    clearInterval(this.#timer);
    this.#show();
  }

  #show() {
    const { count, doneCount, faultCount } = this.#run;
    this.#bar.value = doneCount;
    this.#words.textContent = progressInWords({ count, doneCount, faultCount, elapsedMs: performance.now() - this.#startedAt });
  }
}

/** @param {{count: number, doneCount: number, faultCount: number, elapsedMs: number}} state */
export function progressInWords({ count, doneCount, faultCount, elapsedMs }) {
  const rate = (doneCount / elapsedMs) * 1000;
  const restS = (count - doneCount) / rate;
  return [
    `${shown(doneCount)} of ${shown(count)}`,
    faultCount > 0 && `${shown(faultCount)} failed`,
    doneCount > 0 && elapsedMs > 500 && `${shown(Math.round(rate))} a second`,
    doneCount > 0 && doneCount < count && elapsedMs > 2_000 && `about ${restS < 90 ? `${Math.ceil(restS)} s` : `${Math.ceil(restS / 60)} min`} left`,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** @param {number} count */
function shown(count) {
  return count.toLocaleString("en");
}
