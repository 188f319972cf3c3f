// The history of a model: what was asked before, to ask again, to compare, and to take along.

import { comparison } from "../compare/table.js";
import { button, el, fill, keepingFocus } from "../dom.js";
import { download } from "../files/download.js";
import { summaryOf } from "../output/index.js";
import { shownMs } from "../views/timing.js";
import { asCsv, asJson } from "./export.js";
import { MOST_OF_A_MODEL, openHistory } from "./history.js";

/** @typedef {import("../views/tools.js").Bench} Bench */
/** @typedef {import("./history.js").History} History */
/** @typedef {import("./shelf.js").KeptEntry} KeptEntry */

const LONGEST = 160;
const NOTHING = `Nothing yet. The last ${MOST_OF_A_MODEL} predictions are kept here, in this browser alone.`;

export class HistoryPanel {
  #bench;
  /** @type {History | null} */
  #history = null;
  /** @type {KeptEntry[]} */
  #entries = [];
  /** @type {Set<number>} */
  #chosen = new Set();
  #isSure = false;
  #word = el("p", { class: "hint", role: "status" });
  #actions = el("div", { class: "actions" });
  #list = el("ol", { class: "entries", "aria-label": "Earlier predictions" });
  #compared = el("div", {});
  element = el("div", { class: "stack" }, this.#word, this.#actions, this.#compared, this.#list);

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    openHistory().then((history) => {
      this.#history = history;
      history.addEventListener("change", this.#load);
      this.#load();
    });
  }

  /** The page goes away. */
  stop() {
    this.#history?.removeEventListener("change", this.#load);
  }

  #load = async () => {
    if (this.#history === null) return;
    this.#entries = await this.#history.of(this.#bench.name);
    const ids = new Set(this.#entries.map(({ id }) => id));
    for (const id of this.#chosen) if (!ids.has(id)) this.#chosen.delete(id);
    keepingFocus(this.#list, () => fill(this.#list, ...this.#entries.map((entry) => this.#row(entry))));
    this.#show();
  };

  #show() {
    const count = this.#entries.length;
    const word = count === 0 ? NOTHING : `${count === 1 ? "One prediction" : `${count} predictions`}, kept in this browser alone. Choose two or more to compare them.`;
    if (this.#word.textContent !== word) this.#word.textContent = word;
    this.#actions.hidden = count === 0;
    keepingFocus(this.#actions, () => fill(this.#actions, ...(this.#isSure ? this.#sureButtons() : this.#buttons())));
    if (this.#chosen.size < 2) fill(this.#compared);
  }

  #buttons() {
    const isReady = this.#chosen.size >= 2;
    return [
      button(isReady ? `Compare ${this.#chosen.size}` : "Compare", () => this.#compare(), { class: "small", "data-focus-key": "compare", "aria-disabled": !isReady && "true" }),
      button("Export JSON", () => this.#export("json", asJson, "application/json"), { class: "small", "data-focus-key": "json" }),
      button("Export CSV", () => this.#export("csv", asCsv, "text/csv"), { class: "small", "data-focus-key": "csv" }),
      button("Clear history", () => this.#ask(true), { class: "small quiet", "data-focus-key": "clear" }),
    ];
  }

  #sureButtons() {
    const clear = () => {
      this.#isSure = false;
      this.#history?.clear(this.#bench.name);
      this.element.closest("details")?.querySelector("summary")?.focus();
    };
    return [
      button(`Forget all ${this.#entries.length}`, clear, { class: "small danger" }),
      button("Keep them", () => this.#ask(false), { class: "small", "data-focus-key": "clear" }),
    ];
  }

  /** @param {boolean} isSure whether to ask if they are to be forgotten */
  #ask(isSure) {
    this.#isSure = isSure;
    this.#show();
  }

  /** @param {KeptEntry} entry */
  #row(entry) {
    const { id, at, version, elapsedMs, input, prediction, error } = entry;
    const time = new Date(at);
    const when = time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
    const choose = el("input", { type: "checkbox", "aria-label": `Compare the one of ${when}`, "data-focus-key": `choose ${id}` });
    choose.checked = this.#chosen.has(id);
    choose.addEventListener("change", () => this.#choose(id, choose.checked));
    const facts = [version && `version ${version}`, elapsedMs !== undefined && shownMs(elapsedMs)].filter(Boolean).join(" · ");
    return el(
      "li",
      { "data-tone": error ? "bad" : "good" },
      el("label", { class: "check" }, choose),
      el(
        "div",
        { class: "entry" },
        el("p", { class: "entry-said", dir: "auto" }, error ? `${error.code}: ${error.message}` : summaryOf(prediction, this.#bench.metadata.output_schema)),
        el("p", { class: "entry-input" }, shortened(input)),
        el("p", { class: "small-print" }, el("time", { datetime: time.toISOString() }, when), facts && ` · ${facts}`),
      ),
      el(
        "div",
        { class: "entry-actions" },
        button("Use", () => this.#use(entry), { class: "small", "aria-label": `Use the input of ${when}`, "data-focus-key": `use ${id}` }),
        button("✕", () => this.#forget(id), { class: "small quiet", "aria-label": `Forget the one of ${when}`, title: "Forget" }),
      ),
    );
  }

  /**
   * @param {number} id
   * @param {boolean} isChosen
   */
  #choose(id, isChosen) {
    if (isChosen) this.#chosen.add(id);
    else this.#chosen.delete(id);
    this.#show();
    if (this.#compared.hasChildNodes()) this.#compare();
  }

  #compare() {
    if (this.#chosen.size < 2) return;
    const chosen = this.#entries.filter(({ id }) => this.#chosen.has(id)).reverse();
    const heads = chosen.map(({ at, version }) => `${new Date(at).toLocaleTimeString()}${version ? ` · ${version}` : ""}`);
    const groups = [
      { title: "Input", values: chosen.map(({ input }) => input) },
      { title: "Prediction", values: chosen.map(({ prediction, error }) => (error ? `${error.code}: ${error.message}` : prediction)) },
    ];
    fill(this.#compared, comparison("Predictions side by side", heads, groups));
  }

  /** @param {KeptEntry} entry */
  #use({ input }) {
    this.#bench.input.write(input, "This input came from the history.");
    this.#bench.input.focus();
  }

  /** @param {number} id */
  #forget(id) {
    const at = this.#entries.findIndex((entry) => entry.id === id);
    const rows = this.#list.children;
    const next = (rows[at + 1] ?? rows[at - 1])?.querySelector("input") ?? this.element.closest("details")?.querySelector("summary");
    if (next instanceof HTMLElement) next.focus();
    this.#history?.remove(id);
  }

  /**
   * @param {string} suffix
   * @param {(entries: readonly KeptEntry[]) => string} write
   * @param {string} type
   */
  #export(suffix, write, type) {
    download(`${this.#bench.name}-history.${suffix}`, [write(this.#entries)], type);
  }
}

/** @param {unknown} input */
function shortened(input) {
  const text = JSON.stringify(input) ?? "";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
