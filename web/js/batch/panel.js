// A file of inputs: looked over, predicted row by row, and taken along with the results.

import { button, el, fill } from "../dom.js";
import { writeCsv } from "../files/csv.js";
import { download } from "../files/download.js";
import { describe } from "../schema/fields.js";
import { notice } from "../views/parts.js";
import { inputOf } from "./cells.js";
import { Mapping } from "./mapping.js";
import { Progress } from "./progress.js";
import { MOST_BYTES, read } from "./reading.js";
import { resultsAsCsv, resultsAsJsonLines } from "./results.js";
import { Run } from "./run.js";
import { targetsOf } from "./targets.js";

/** @typedef {import("../views/tools.js").Bench} Bench */
/** @typedef {import("./reading.js").CellFile} CellFile */
/** @typedef {import("./reading.js").InputFile} InputFile */

const WIDTH = 32;
const MOST_FAULTS = 100;

export class BatchPanel {
  #bench;
  #schema;
  /** @type {AbortController | null} */
  #running = null;
  #file = el("input", { type: "file", accept: ".csv,.tsv,.txt,.json,.jsonl,.ndjson,text/csv,application/json", "aria-label": "File of inputs" });
  #word = el("p", { class: "hint", role: "status" });
  #body = el("div", { class: "stack" });
  element;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    this.#schema = bench.metadata.input_schema;
    const drop = el("label", { class: "drop" }, el("strong", {}, "Choose a CSV or JSON Lines file"), el("span", { class: "hint" }, "or drop it here. It is read in this browser; only its rows are sent, one by one."), this.#file);
    this.element = el("div", { class: "stack" }, drop, el("div", { class: "actions" }, button("Download a template", () => this.#template(), { class: "small" })), this.#word, this.#body);
    this.#file.addEventListener("change", () => this.#take(this.#file.files?.[0]));
    drop.addEventListener("dragover", (event) => event.preventDefault());
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#take(event.dataTransfer?.files[0]);
    });
  }

  /** The page goes away. */
  stop() {
    this.#running?.abort();
  }

  #template() {
    const targets = targetsOf(this.#schema);
    const [example] = this.#bench.metadata.examples;
    const cells = targets.map(({ path }) => {
      const value = path.reduce((/** @type {any} */ part, key) => part?.[key], example);
      return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    });
    download(`${this.#bench.name}-template.csv`, [writeCsv([targets.map(({ label }) => label), cells])], "text/csv");
  }

  /** @param {File | undefined} file */
  async #take(file) {
    if (file === undefined) return;
    this.stop();
    fill(this.#body);
    try {
      if (file.size > MOST_BYTES) throw new Error("This file is too large to be read here.");
      this.#offer(file.name, read(file.name, await file.text()));
    } catch (error) {
      this.#say("");
      fill(this.#body, notice({ title: "This file cannot be used", text: /** @type {Error} */ (error).message, tone: "bad" }));
    }
    this.#file.value = ""; // so that the same file, mended, can be chosen again
  }

  /**
   * @param {string} name
   * @param {CellFile | InputFile} file
   */
  #offer(name, file) {
    const start = button("", () => this.#start(name, file, mapping), { class: "primary" });
    const check = () => {
      this.#say(mapping?.fault || `${name}: ${file.rows.length === 1 ? "one row" : `${file.rows.length.toLocaleString("en")} rows`}.`);
      start.textContent = file.rows.length === 1 ? "Predict one row" : `Predict ${file.rows.length.toLocaleString("en")} rows`;
    };
    const mapping = file.kind === "cells" ? new Mapping(file, this.#schema, check) : null;
    check();
    fill(this.#body, mapping?.element, el("div", { class: "actions" }, start));
    start.focus({ preventScroll: true });
  }

  /**
   * @param {string} name
   * @param {CellFile | InputFile} file
   * @param {Mapping | null} mapping
   */
  async #start(name, file, mapping) {
    if (mapping?.fault) return;
    const inputs = inputsOf(file, mapping, this.#schema);
    const run = new Run(inputs, (input, signal) => this.#bench.client.predict(this.#bench.name, input, { signal }));
    const running = (this.#running = new AbortController());
    const progress = new Progress(run);
    const stop = button("Stop", () => running.abort(), { class: "stop" });
    fill(this.#body, progress.element, el("div", { class: "actions" }, stop));
    stop.focus({ preventScroll: true });
    this.#say(`Predicting the rows of ${name}.`);
    await run.work(WIDTH, running.signal);
    progress.stop();
    if (this.#running !== running) return;
    this.#running = null;
    this.#finish(name, file, inputs, run, progress, running.signal.aborted);
  }

  /**
   * @param {string} name
   * @param {CellFile | InputFile} file
   * @param {readonly (() => unknown)[]} inputs
   * @param {Run} run
   * @param {Progress} progress
   * @param {boolean} isStopped
   */
  #finish(name, file, inputs, run, progress, isStopped) {
    const base = name.replace(/\.\w+$/, "");
    const asCsv = button("Download CSV", () => download(`${base}-predicted.csv`, [resultsAsCsv(file, run.results)], "text/csv"), { class: "primary" });
    const asLines = button("Download JSON Lines", () => download(`${base}-predicted.jsonl`, [resultsAsJsonLines(inputs.map(attempt), run.results)], "application/jsonl"));
    const hadFocus = this.#body.contains(document.activeElement);
    fill(this.#body, progress.element, el("div", { class: "actions" }, asCsv, asLines, isStopped && button("Start again", () => this.#offer(name, file))), faultTable(file, run));
    if (hadFocus) asCsv.focus({ preventScroll: true });
    const failed = run.faultCount === 0 ? "none failed" : `${run.faultCount} failed`;
    this.#say(`${isStopped ? "Stopped" : "Done"}: ${run.doneCount} of ${run.count} rows predicted, ${failed}.`);
  }

  /** @param {string} words */
  #say(words) {
    this.#word.textContent = words;
  }
}

/**
 * @param {CellFile | InputFile} file
 * @param {Mapping | null} mapping
 * @param {import("../schema/follow.js").Schema} schema
 * @returns {(() => unknown)[]}
 */
function inputsOf(file, mapping, schema) {
  if (file.kind === "cells") {
    const targets = [...(mapping?.targets ?? [])];
    const isArray = !["object", "any", "alternatives"].includes(describe(schema).kind) && targets.some((target) => typeof target?.path[0] === "number");
    return file.rows.map((cells) => () => inputOf(cells, targets, isArray));
  }
  return file.rows.map(({ input, fault }) => () => {
    if (fault !== undefined) throw new Error(fault);
    return input;
  });
}

/** @param {() => unknown} row */
function attempt(row) {
  try {
    return row();
  } catch {
    return undefined;
  }
}

/**
 * @param {CellFile | InputFile} file
 * @param {Run} run
 */
function faultTable(file, run) {
  if (run.faultCount === 0) return null;
  const firstLine = file.kind === "cells" ? file.firstLine : 1;
  /** @type {HTMLElement[]} */
  const rows = [];
  for (const [index, result] of run.results.entries()) {
    if (rows.length === MOST_FAULTS) break;
    if (result === undefined || !("fault" in result)) continue;
    const { code, message } = result.fault;
    rows.push(el("tr", {}, el("th", { scope: "row" }, String(index + firstLine)), el("td", {}, el("code", {}, code)), el("td", { dir: "auto" }, message)));
  }
  const more = run.faultCount - rows.length;
  return el(
    "div",
    { class: "side-by-side", tabindex: 0, role: "region", "aria-label": "Rows that failed" },
    el(
      "table",
      { class: "values" },
      el("caption", {}, more > 0 ? `The first ${rows.length} rows that failed; the file has all` : "Rows that failed"),
      el("thead", {}, el("tr", {}, ...["Row", "Code", "Reason"].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...rows),
    ),
  );
}
