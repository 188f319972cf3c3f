// The page where a model is tried: its input as a form, what it answers, its session, its live sources, and tools.

import { Asking } from "../asking.js";
import { el } from "../dom.js";
import { AnswerCard } from "./answer-card.js";
import { loadRareKinds, needsRareKinds } from "../form/kinds.js";
import { InputCard } from "./input-card.js";
import { later } from "./later.js";
import { modelPage } from "./model-page.js";
import { stylesheet } from "../stylesheet.js";
import { skeleton } from "./parts.js";
import { Tools } from "./tools.js";

/** @typedef {import("../actions.js").Actions} Actions */
/** @typedef {import("../api.js").Metadata} Metadata */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {import("../client/index.js").Client} Client */
/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {{stop: () => void}} Stoppable */

/**
 * @param {string} name
 * @param {Client} client
 * @param {Catalogue} catalogue
 * @param {Actions} actions
 */
export function predictView(name, client, catalogue, actions) {
  const answers = new AnswerCard();
  const asking = new Asking(name, client, catalogue, answers);
  asking.addEventListener("change", () => void loadRecorder(), { once: true }); // the service may be away when there is something to record
  asking.addEventListener("outcome", async (event) => {
    const recorder = await loadRecorder();
    recorder?.record(name, /** @type {CustomEvent} */ (event).detail);
  });
  /** @type {Stoppable[]} */
  let running = [];

  let turn = 0;

  function stop() {
    turn += 1;
    for (const part of running) part.stop();
    running = [];
  }

  /** @param {Metadata} metadata */
  function body(metadata) {
    stop();
    if (!needsRareKinds(metadata.input_schema, metadata.widgets)) return bench(metadata);
    const mine = turn;
    const load = async () => {
      await loadRareKinds();
      return turn === mine ? bench(metadata) : el("div"); // nobody waits for it any more
    };
    return later(load, "", () => skeleton(2, "bench"));
  }

  /** @param {Metadata} metadata */
  function bench(metadata) {
    const { capabilities, output_schema: outputSchema } = metadata;
    asking.isStream = capabilities.stream;
    const input = new InputCard(name, metadata, asking);
    answers.model = {
      outputSchema,
      partialSchema: metadata.partial_schema ?? outputSchema,
      widgets: metadata.widgets ?? [],
      nameOf: (path) => input.nameOf(path),
    };
    const tools = new Tools({ name, metadata, input, asking, client, catalogue });
    const remove = actions.add([
      { name: "Predict", chord: "Ctrl Enter", act: () => input.predict() },
      { name: "Stop", key: ".", isPossible: () => asking.isBusy, act: () => asking.cancel() },
      { name: "Next example", key: "e", isPossible: () => metadata.examples.length > 0, act: () => input.writeExample() },
      { name: "Live mode on or off", key: "l", act: () => input.toggleLive() },
      { name: "Go to the input", key: "i", act: () => input.focus() },
      { name: "Clear the input", act: () => input.clear() },
      ...tools.actions,
    ]);
    running = [input, tools, { stop: remove }];
    const parts = running;
    const hasSources = capabilities.sources.length > 0;
    return el(
      "div",
      { class: "stack" },
      hasSources && liveLink(capabilities.sources),
      el("div", { class: "bench" }, el("div", { class: "stack" }, capabilities.session && sessionPart(metadata, parts), input.element), answers.element),
      hasSources && livePart(metadata, parts),
      tools.element,
    );
  }

  /**
   * @param {Metadata} metadata
   * @param {Stoppable[]} parts
   */
  function sessionPart({ session_schema: schema = null }, parts) {
    return later(async () => {
      const [{ SessionCard }] = await Promise.all([import("./session-card.js"), stylesheet("/css/live.css")]);
      if (schema !== null && needsRareKinds(schema)) await loadRareKinds();
      const card = new SessionCard(name, schema, client, asking);
      parts.push(card);
      return card.element;
    }, "card session");
  }

  /**
   * @param {Metadata} metadata
   * @param {Stoppable[]} parts
   */
  function livePart({ capabilities, output_schema: schema }, parts) {
    const cards = later(async () => {
      const [{ LiveCard }] = await Promise.all([import("./live-card.js"), stylesheet("/css/live.css"), stylesheet("/css/chart.css"), stylesheet("/css/output.css")]);
      const feeds = capabilities.sources.map((source) => new LiveCard(name, source, schema, client));
      parts.push(...feeds);
      return el("div", { class: "live-cards" }, ...feeds.map(({ element }) => element));
    }, "card");
    return el(
      "section",
      { class: "live", "aria-labelledby": "live" },
      el("h2", { id: "live", tabindex: -1 }, "Live sources"),
      el("p", { class: "hint" }, "What this model predicts of a source, as it comes."),
      cards,
    );
  }

  return modelPage({
    name,
    tab: "Predict",
    catalogue,
    body,
    stop: () => {
      stop();
      asking.stop();
      answers.stop();
    },
  });
}

function loadRecorder() {
  return import("../history/recorder.js").catch(() => null);
}

/**
 * A long form hides what is below it.
 *
 * @param {readonly import("../api.js").Source[]} sources
 */
function liveLink(sources) {
  const names = sources.map(({ name }) => name).join(", ");
  return el("p", { class: "hint" }, "This model also predicts live: ", el("a", { href: "#live" }, names), ".");
}
