// What can be done beside a single prediction: each tool is folded away, and loaded when it is opened.

import { el, fill } from "../dom.js";
import { stylesheet } from "../stylesheet.js";
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
 * @property {string} title
 * @property {string} hint
 * @property {(bench: Bench) => Promise<Tool>} load
 * @property {(metadata: Metadata) => boolean} [fits] without it, each model
 */

/** @type {readonly ToolKind[]} */
const KINDS = Object.freeze([
  {
    id: "history",
    title: "History",
    hint: "What you asked this model before, kept in this browser.",
    load: async (bench) => new (await import("../history/panel.js")).HistoryPanel(bench),
  },
]);

export class Tools {
  /** @type {Tool[]} */
  #open = [];
  #isOver = false;
  element;

  /** @param {Bench} bench */
  constructor(bench) {
    const kinds = KINDS.filter(({ fits }) => fits?.(bench.metadata) ?? true);
    this.element = el("section", { class: "tools", "aria-label": "Tools" }, ...kinds.map((kind) => this.#folded(kind, bench)));
  }

  /** The page goes away. */
  stop() {
    this.#isOver = true;
    for (const tool of this.#open) tool.stop();
  }

  /** @param {string} id of the tool to unfold and go to */
  show(id) {
    const details = this.element.querySelector(`#${id}`);
    if (!(details instanceof HTMLDetailsElement)) return;
    details.open = true;
    details.querySelector("summary")?.focus();
  }

  /**
   * @param {ToolKind} kind
   * @param {Bench} bench
   */
  #folded({ id, title, hint, load }, bench) {
    const place = el("div", { class: "tool-body" });
    const details = el("details", { class: "card tool", id }, el("summary", {}, el("h2", {}, title), el("span", { class: "hint" }, hint)), place);
    const make = async () => {
      const [tool] = await Promise.all([load(bench), stylesheet("/css/tools.css")]);
      if (this.#isOver) tool.stop();
      else this.#open.push(tool);
      return tool.element;
    };
    details.addEventListener("toggle", () => {
      if (details.open && !place.hasChildNodes()) fill(place, later(make));
    });
    return details;
  }
}
