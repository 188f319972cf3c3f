// What can be done beside a single prediction: each tool is folded away, and loaded when it is opened.

import { el, fill } from "../dom.js";
import { stylesheet } from "../stylesheet.js";
import { readyVersions } from "../versions/ready.js";
import { later } from "./later.js";

/** @typedef {import("../api.js").Metadata} Metadata */
/** @typedef {import("../asking.js").Asking} Asking */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {import("../client/index.js").Client} Client */
/** @typedef {import("./input-card.js").InputCard} InputCard */

/**
 * @typedef {object} Bench what a tool works with
 * @property {string} name of the model
 * @property {Metadata} metadata
 * @property {InputCard} input
 * @property {Asking} asking
 * @property {Client} client
 * @property {Catalogue} catalogue
 */

/** @typedef {{element: HTMLElement, stop: () => void}} Tool */

/**
 * @typedef {object} ToolKind
 * @property {string} id
 * @property {string} key
 * @property {string} title
 * @property {string} hint
 * @property {(bench: Bench) => Promise<Tool>} load
 * @property {(bench: Bench) => boolean} [fits] without it, each model
 */

/** @type {readonly ToolKind[]} */
const KINDS = Object.freeze([
  {
    id: "versions",
    key: "v",
    title: "Versions side by side",
    hint: "The same input, asked of each version that is ready.",
    fits: (bench) => readyVersions(bench).length > 1,
    load: async (bench) => new (await import("../versions/panel.js")).VersionsPanel(bench),
  },
  {
    id: "history",
    key: "h",
    title: "History",
    hint: "What you asked this model before, kept in this browser.",
    load: async (bench) => new (await import("../history/panel.js")).HistoryPanel(bench),
  },
  {
    id: "file",
    key: "b",
    title: "Run a file",
    hint: "Each row of a CSV or JSON Lines file as one prediction.",
    load: async (bench) => new (await import("../batch/panel.js")).BatchPanel(bench),
  },
  {
    id: "code",
    key: "c",
    title: "Use from code",
    hint: "The input above as curl, Python, JavaScript or a socket frame.",
    load: async (bench) => new (await import("../code/panel.js")).CodePanel(bench),
  },
]);

export class Tools {
  #bench;
  #parts;
  /** @type {Tool[]} */
  #open = [];
  #end = new AbortController();
  element;

  /** @param {Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    this.#parts = KINDS.map((kind) => ({ kind, details: this.#folded(kind) }));
    this.element = el("section", { class: "tools", "aria-label": "Tools" }, ...this.#parts.map(({ details }) => details));
    bench.catalogue.addEventListener("change", () => this.#fit(), { signal: this.#end.signal });
    this.#fit();
  }

  /** The page goes away. */
  stop() {
    this.#end.abort();
    for (const tool of this.#open) tool.stop();
  }

  /** @returns {import("../actions.js").Action[]} each goes to a tool, unfolded */
  get actions() {
    return this.#parts.map(({ kind: { title, key }, details }) => ({
      name: title,
      key,
      isPossible: () => !details.hidden,
      act() {
        details.open = true;
        details.querySelector("summary")?.focus();
      },
    }));
  }

  /** Whether a tool is of use may change while the page is open. */
  #fit() {
    for (const { kind, details } of this.#parts) details.hidden = !(kind.fits?.(this.#bench) ?? true);
  }

  /** @param {ToolKind} kind */
  #folded({ id, title, hint, load }) {
    const place = el("div", { class: "tool-body" });
    const details = el("details", { class: "card tool", id }, el("summary", {}, el("h2", {}, title), el("span", { class: "hint" }, hint)), place);
    const make = async () => {
      const [tool] = await Promise.all([load(this.#bench), ...loadStyles()]);
      if (this.#end.signal.aborted) tool.stop();
      else this.#open.push(tool);
      return tool.element;
    };
    details.addEventListener("toggle", () => {
      if (details.open && !place.hasChildNodes()) fill(place, later(make));
    });
    return details;
  }
}

function loadStyles() {
  return [stylesheet("/css/tools.css"), stylesheet("/css/answer.css"), stylesheet("/css/output.css")];
}
