// The form in which an input is written, and sent.

import { button, el } from "../dom.js";
import { forgetDraft, readDraft, writeDraft } from "../drafts.js";
import { Editor } from "../form/editor.js";

/** @typedef {import("../asking.js").Asking} Asking */
/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("./answer.js").AnswerPanel} AnswerPanel */

const PREVIEW_LENGTH = 60;

/**
 * @param {string} name
 * @param {import("../api.js").Metadata} metadata
 * @param {Asking} asking
 * @param {AnswerPanel} answers
 */
export function inputCard(name, { input_schema: schema, examples }, asking, answers) {
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

  function predict() {
    /** @type {Fault[]} */
    const faults = [];
    const input = editor.read(faults);
    editor.showFaults(faults);
    if (faults.length > 0) answers.showUnsendable(faults);
    else asking.ask(input, { onFaults: (found) => editor.showFaults(found), onStop: () => send.focus({ preventScroll: true }) });
  }

  asking.addEventListener("change", () => {
    if (asking.isBusy) send.setAttribute("aria-disabled", "true");
    else send.removeAttribute("aria-disabled");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!asking.isBusy) predict();
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
