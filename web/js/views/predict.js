// The page where a model is tried: its input as a form, and what it answers.

import { PredictionError } from "../client/index.js";
import { button, el } from "../dom.js";
import { forgetDraft, readDraft, writeDraft } from "../drafts.js";
import { Editor } from "../form/editor.js";
import { AnswerPanel } from "./answer.js";
import { modelPage } from "./model-page.js";

/** @typedef {import("../client/index.js").Client} Client */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {import("../client/errors.js").Fault} Fault */

const PREVIEW_LENGTH = 60;

/**
 * @param {string} name
 * @param {Client} client
 * @param {Catalogue} catalogue
 */
export function predictView(name, client, catalogue) {
  const answers = new AnswerPanel();
  return modelPage({
    name,
    tab: "Predict",
    catalogue,
    body: (metadata) => el("div", { class: "bench" }, inputCard(name, metadata, client, answers), answers.element),
    stop: () => answers.stop(),
  });
}

/**
 * @param {string} name
 * @param {import("../api.js").Metadata} metadata
 * @param {Client} client
 * @param {AnswerPanel} answers
 */
function inputCard(name, { input_schema: schema, examples }, client, answers) {
  const editor = new Editor(schema);
  const send = el("button", { type: "submit", class: "primary" }, "Predict");
  const form = el(
    "form",
    { class: "card input", novalidate: true, "aria-label": "Input" },
    el("div", { class: "card-head" }, el("h2", {}, "Input"), editor.switch),
    exampleButtons(examples, (example) => {
      editor.showFaults([]);
      editor.write(example);
      remember();
    }),
    editor.element,
    el("div", { class: "send" }, send, button("Clear", clear, { class: "quiet" })),
  );

  const remember = () => writeDraft(name, editor.draft);
  const draft = readDraft(name);
  if (draft !== null) editor.restore(draft);
  editor.element.addEventListener("input", remember);

  function clear() {
    editor.clear();
    forgetDraft(name);
  }

  async function predict() {
    /** @type {Fault[]} */
    const faults = [];
    const input = editor.read(faults);
    editor.showFaults(faults);
    if (faults.length > 0) {
      answers.showUnsendable(faults);
      return;
    }
    send.setAttribute("aria-disabled", "true");
    answers.wait();
    try {
      answers.showPrediction(await client.predict(name, input));
      answers.bringIntoView();
    } catch (error) {
      answers.showError(error);
      if (error instanceof PredictionError && error.details.length > 0) editor.showFaults(error.details);
      else answers.bringIntoView();
    } finally {
      send.removeAttribute("aria-disabled");
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!send.hasAttribute("aria-disabled")) predict();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return form;
}

/**
 * @param {readonly unknown[]} examples
 * @param {(example: unknown) => void} choose
 */
function exampleButtons(examples, choose) {
  if (examples.length === 0) return null;
  const buttons = examples.map((example, index) => {
    const preview = JSON.stringify(example);
    const shown = preview.length > PREVIEW_LENGTH ? `${preview.slice(0, PREVIEW_LENGTH)}…` : preview;
    return button(`Example ${index + 1}`, () => choose(example), { class: "chip", title: shown });
  });
  return el("div", { class: "examples", role: "group", "aria-label": "Examples" }, ...buttons);
}
