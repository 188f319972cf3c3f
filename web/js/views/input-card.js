// The form in which an input is written, and sent; or sent by itself while it is written.

import { button, el, fill } from "../dom.js";
import { forgetDraft, readDraft, writeDraft } from "../drafts.js";
import { Editor } from "../form/editor.js";
import { inputIn, linkTo } from "../link.js";
import { whenUsed } from "../presence.js";
import { Settling } from "../settling.js";
import { copyButton } from "./copy.js";

/** @typedef {import("../asking.js").Asking} Asking */
/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("../form/editor.js").Draft} Draft */

const PREVIEW_LENGTH = 60;

/** Dispatches `change` whenever the input may be another one. */
export class InputCard extends EventTarget {
  #name;
  #asking;
  #editor;
  #examples;
  #nextExample = 0;
  /** Whether something was typed since the input was last written by other means. */
  #isTyped = false;
  /** Whether Predict was pressed, and the check is not there yet. */
  #isWaiting = false;
  #end = new AbortController();
  #settling = new Settling(() => this.#predictLive());
  #send = el("button", { type: "submit", class: "primary", "aria-keyshortcuts": "Control+Enter" }, "Predict");
  #live = el("input", { type: "checkbox", role: "switch" });
  #word = el("p", { class: "word-of-input hint", role: "status" });
  element;

  /**
   * @param {string} name
   * @param {import("../api.js").Metadata} metadata
   * @param {Asking} asking
   */
  constructor(name, { input_schema: schema, examples, widgets }, asking) {
    super();
    this.#name = name;
    this.#asking = asking;
    this.#examples = examples;
    this.#editor = new Editor(schema, widgets);
    this.element = this.#form();
    const draft = readDraft(name);
    if (draft !== null) this.#editor.restore(draft);
    this.#isTyped = draft !== null;
    this.#takeLink();
    this.#listen();
  }

  /** The page goes away. */
  stop() {
    this.#end.abort();
    this.#settling.stop();
  }

  /**
   * @param {Fault[]} [faults] told why it cannot be sent as it stands
   * @returns {unknown}
   */
  read(faults = []) {
    return this.#editor.read(faults);
  }

  /** @param {string} path JSON Pointer into the input */
  nameOf(path) {
    return this.#editor.nameOf(path);
  }

  /**
   * @param {unknown} input
   * @param {string} [word] on where it comes from
   */
  write(input, word = "") {
    this.#replace(word, () => {
      this.#editor.showFaults([]);
      this.#editor.write(input);
    });
  }

  /** Show the next example. */
  writeExample() {
    if (this.#examples.length === 0) return;
    this.write(this.#examples[this.#nextExample]);
    this.#nextExample = (this.#nextExample + 1) % this.#examples.length;
  }

  clear() {
    this.#replace("", () => this.#editor.clear());
    forgetDraft(this.#name);
  }

  /** Waits for the page's own check, which is loaded when the page is used. */
  async predict() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    await this.#editor.ready;
    this.#isWaiting = false;
    if (!this.#end.signal.aborted) this.#ask();
  }

  #ask() {
    /** @type {Fault[]} */
    const faults = [];
    const input = this.#editor.read(faults);
    this.#editor.showFaults(faults);
    this.#settling.stop();
    if (faults.length > 0) this.#asking.refuse(faults);
    else this.#asking.ask(input, this.#heeding);
  }

  focus() {
    this.element.scrollIntoView({ block: "nearest" });
    const controls = [...this.#editor.element.querySelectorAll("input, select, textarea, [tabindex], button")];
    const first = controls.find((control) => control.checkVisibility());
    if (first instanceof HTMLElement) first.focus({ preventScroll: true });
  }

  toggleLive() {
    this.#live.click();
  }

  #form() {
    return el(
      "form",
      { class: "card input", novalidate: true, "aria-label": "Input" },
      el("div", { class: "card-head" }, el("h2", {}, "Input"), this.#editor.switch),
      exampleButtons(this.#examples, (example) => this.write(example)),
      this.#word,
      this.#editor.element,
      el("div", { class: "send" }, this.#send, el("label", { class: "live-switch", title: "Predict while you type" }, this.#live, "Live")),
      el(
        "div",
        { class: "send-more" },
        navigator.clipboard && copyButton("Copy link", () => this.#link(), { class: "quiet" }),
        button("Clear", () => this.clear(), { class: "quiet" }),
      ),
    );
  }

  #listen() {
    const { signal } = this.#end;
    this.#editor.element.addEventListener("input", () => {
      this.#isTyped = true;
      this.#changed();
    });
    this.#live.addEventListener("change", () => (this.#live.checked ? this.#predictLive() : this.#settling.stop()));
    this.#asking.addEventListener("change", () => this.#heedAsking(), { signal });
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#asking.isBusy) this.predict();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
    });
    // What others have read of the input until then was not checked.
    whenUsed().then(() => this.#editor.ready).then(() => this.dispatchEvent(new Event("change")));
    addEventListener("hashchange", () => this.#takeLink(), { signal });
  }

  /** What an answer may ask of the form. */
  get #heeding() {
    return {
      onFaults: (/** @type {readonly Fault[]} */ faults) => this.#editor.showFaults(faults),
      onStop: () => this.#send.focus({ preventScroll: true }),
    };
  }

  #heedAsking() {
    if (this.#asking.isBusy) this.#send.setAttribute("aria-disabled", "true");
    else this.#send.removeAttribute("aria-disabled");
    // What a session remembers is not to be every keystroke.
    this.#live.disabled = this.#asking.session !== null;
  }

  #changed() {
    writeDraft(this.#name, this.#editor.draft);
    if (this.#live.checked) this.#settling.stir();
    this.dispatchEvent(new Event("change"));
  }

  #predictLive() {
    if (this.#live.disabled || !this.#live.checked) return;
    /** @type {Fault[]} */
    const faults = [];
    const input = this.#editor.read(faults);
    if (faults.length > 0) this.#asking.hold(faults);
    else this.#asking.ask(input, this.#heeding, { isLive: true });
  }

  /**
   * Write something else; what was typed until then can be had back.
   *
   * @param {string} word
   * @param {() => void} write
   */
  #replace(word, write) {
    const before = this.#isTyped ? this.#editor.draft : null;
    write();
    this.#isTyped = false;
    this.#changed();
    this.#say(word || (before !== null ? "What you had typed was replaced." : ""), before);
  }

  /**
   * @param {string} word
   * @param {Draft | null} before
   */
  #say(word, before) {
    const undo = before !== null && button("Undo", () => this.#undo(before), { class: "link" });
    fill(this.#word, word, undo && " ", undo);
  }

  /** @param {Draft} draft */
  #undo(draft) {
    this.#editor.clear();
    this.#editor.restore(draft);
    this.#isTyped = true;
    fill(this.#word);
    this.#send.focus({ preventScroll: true });
    this.#changed();
  }

  #takeLink() {
    const linked = inputIn(location.hash);
    if (linked === null) return;
    // Later changes are those of the draft: to load the page again is not to lose them.
    history.replaceState(history.state, "", location.pathname + location.search);
    if (linked === "unreadable") this.#say("The link carries an input that cannot be read.", null);
    else this.write(linked.input, "This input came with the link.");
  }

  #link() {
    /** @type {Fault[]} */
    const faults = [];
    const input = this.#editor.read(faults);
    const link = input === undefined || typeof input === "symbol" ? null : linkTo(location.href, input);
    if (link === null) this.#say("This input cannot be put into a link: it is too large, or not finished.", null);
    return link;
  }
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
