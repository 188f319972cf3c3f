// Where a prediction is shown: what shows it is loaded when it is needed, and its JSON is always there.

import { el, fill } from "../dom.js";
import { stylesheet } from "../stylesheet.js";
import { jsonBlock } from "../views/json.js";

/** @typedef {import("../widgets.js").WidgetEntry} WidgetEntry */
/** @typedef {import("../schema/follow.js").Schema} Schema */

/** Have it loaded by the time there is something to show. */
export function prepareOutput() {
  load().catch(() => {}); // told when there is something to show
}

async function load() {
  const [parts] = await Promise.all([import("./index.js"), stylesheet("/css/output.css")]);
  return parts;
}

/** It stays where it is while one prediction takes the place of the other, and so does what was unfolded. */
export class Output {
  #shown = el("div", { class: "output-body" });
  #raw = el("div");
  #json = el("details", { class: "raw" }, el("summary", {}, "JSON"), this.#raw);
  #turn = 0;
  element = el("div", { class: "output", role: "region", "aria-label": "Prediction", tabindex: -1 }, this.#shown, this.#json);
  /** What is said of it, in one sentence. */
  summary = el("p", { class: "visually-hidden" });

  /**
   * @param {unknown} prediction
   * @param {Schema | boolean} schema
   * @param {readonly WidgetEntry[]} widgets
   */
  async show(prediction, schema, widgets) {
    const turn = ++this.#turn;
    fill(this.#raw, jsonBlock(prediction, "As JSON"));
    fill(this.summary);
    try {
      const { renderOutput, summaryOf } = await load();
      if (turn !== this.#turn) return;
      const next = el("div", {}, renderOutput(prediction, schema, widgets));
      await decoded(next);
      if (turn !== this.#turn) return;
      const hadFocus = this.#shown.contains(document.activeElement);
      fill(this.#shown, ...next.childNodes);
      if (hadFocus) this.element.focus({ preventScroll: true });
      fill(this.summary, summaryOf(prediction, schema));
    } catch (error) {
      console.info("The prediction is shown as JSON.", error);
      this.#json.open = true;
    }
  }
}

/**
 * Wait until the images can be painted, so that nothing flickers where one takes the place of the other.
 *
 * @param {Element} element
 */
function decoded(element) {
  return Promise.allSettled([...element.querySelectorAll("img")].map((image) => image.decode()));
}
