// The present input as a program would send it, to copy.

import { el, fill, newId } from "../dom.js";
import { copyButton } from "../views/copy.js";
import { SNIPPETS } from "./snippets.js";

/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("../views/tools.js").Bench} Bench */

const UNFINISHED = "The input above is not finished: this is what it has so far.";

export class CodePanel {
  #bench;
  #chosen = 0;
  #text = "";
  #id = newId();
  #tabs = SNIPPETS.map(({ title }, index) => this.#tab(title, index));
  #hint = el("p", { class: "hint" });
  #word = el("p", { class: "hint", role: "status" });
  #code = el("code");
  #end = new AbortController();
  element;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    const panel = el(
      "div",
      { role: "tabpanel", id: `${this.#id}-panel`, "aria-label": "Code", class: "stack" },
      el("div", { class: "code-head" }, this.#hint, navigator.clipboard && copyButton("Copy code", () => this.#text, { class: "small" })),
      this.#word,
      el("pre", { class: "json code-block", tabindex: 0, role: "region", "aria-label": "Code to copy" }, this.#code),
    );
    this.element = el("div", { class: "stack" }, el("div", { class: "code-tabs", role: "tablist", "aria-label": "Language" }, ...this.#tabs), panel);
    bench.input.addEventListener("change", () => this.#show(), { signal: this.#end.signal });
    this.#show();
  }

  /** The page goes away. */
  stop() {
    this.#end.abort();
  }

  /**
   * @param {string} title
   * @param {number} index
   */
  #tab(title, index) {
    const tab = el("button", { type: "button", role: "tab", class: "chip", "aria-controls": `${this.#id}-panel` }, title);
    tab.addEventListener("click", () => this.#choose(index));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key] ?? 0;
      if (step === 0) return;
      const forward = getComputedStyle(tab).direction === "rtl" ? -step : step;
      this.#choose((this.#chosen + forward + SNIPPETS.length) % SNIPPETS.length);
      this.#tabs[this.#chosen].focus();
    });
    return tab;
  }

  /** @param {number} index */
  #choose(index) {
    this.#chosen = index;
    this.#show();
  }

  #show() {
    /** @type {Fault[]} */
    const faults = [];
    const read = this.#bench.input.read(faults);
    const input = read === undefined || typeof read === "symbol" ? {} : read;
    const { hint, text } = SNIPPETS[this.#chosen];
    this.#text = text({ origin: location.origin, model: this.#bench.name, input });
    this.#tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(index === this.#chosen));
      tab.tabIndex = index === this.#chosen ? 0 : -1;
    });
    const word = faults.length > 0 ? UNFINISHED : "";
    if (this.#word.textContent !== word) this.#word.textContent = word;
    this.#hint.textContent = hint;
    fill(this.#code, this.#text);
  }
}
