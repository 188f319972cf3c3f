// The page where a model is tried: its input as a form, what it answers, its session, and its live sources.

import { Asking } from "../asking.js";
import { el } from "../dom.js";
import { AnswerPanel } from "./answer.js";
import { InputCard } from "./input-card.js";
import { LiveCard } from "./live-card.js";
import { modelPage } from "./model-page.js";
import { SessionCard } from "./session-card.js";

/** @typedef {import("../api.js").Metadata} Metadata */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {import("../client/index.js").Client} Client */

/**
 * @param {string} name
 * @param {Client} client
 * @param {Catalogue} catalogue
 */
export function predictView(name, client, catalogue) {
  const answers = new AnswerPanel();
  const asking = new Asking(name, client, catalogue, answers);
  /** @type {{stop: () => void}[]} */
  let running = [];

  function stop() {
    for (const part of running) part.stop();
    running = [];
  }

  /** @param {Metadata} metadata */
  function body(metadata) {
    stop();
    const { capabilities, session_schema: sessionSchema = null, output_schema: outputSchema } = metadata;
    asking.isStream = capabilities.stream;
    answers.outputSchema = outputSchema;
    answers.widgets = metadata.widgets ?? [];
    const session = capabilities.session ? new SessionCard(name, sessionSchema, client, asking) : null;
    const feeds = capabilities.sources.map((source) => new LiveCard(name, source, outputSchema, client));
    const input = new InputCard(name, metadata, asking, answers);
    running = [...(session === null ? [] : [session]), input, ...feeds];
    return el(
      "div",
      { class: "stack" },
      feeds.length > 0 && liveLink(capabilities.sources),
      el("div", { class: "bench" }, el("div", { class: "stack" }, session?.element, input.element), answers.element),
      feeds.length > 0 && liveSection(feeds),
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

/**
 * A long form hides what is below it.
 *
 * @param {readonly import("../api.js").Source[]} sources
 */
function liveLink(sources) {
  const names = sources.map(({ name }) => name).join(", ");
  return el("p", { class: "hint" }, "This model also predicts live: ", el("a", { href: "#live" }, names), ".");
}

/** @param {LiveCard[]} feeds */
function liveSection(feeds) {
  return el(
    "section",
    { class: "live", "aria-labelledby": "live" },
    el("h2", { id: "live", tabindex: -1 }, "Live"),
    el("p", { class: "hint" }, "What this model predicts of a source, as it comes."),
    ...feeds.map(({ element }) => element),
  );
}
