// Whether predictions are made in a session: opened with parameters, shown while it lasts, and why it ended.

import { PredictionError } from "../client/index.js";
import { el, fill } from "../dom.js";
import { readDraft, writeDraft } from "../drafts.js";
import { Editor } from "../form/editor.js";
import { describe } from "../schema/fields.js";
import { badge } from "./parts.js";

/** @typedef {import("../asking.js").Asking} Asking */
/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("../client/index.js").Client} Client */
/** @typedef {import("../client/session.js").Session} Session */
/** @typedef {import("../client/types.js").EndReason} EndReason */
/** @typedef {import("../schema/follow.js").Schema} Schema */

/** @type {Readonly<Record<EndReason, string>>} */
const ENDS = Object.freeze({
  closed: "The session is closed.",
  idle: "The session has ended: nothing was asked in it for too long.",
  worker_died: "The session has ended: the process that remembered it died.",
  unloaded: "The session has ended: the model was unloaded.",
  connection_lost: "The session has ended: the service went away.",
});

const ALONE = "Each prediction stands alone. In a session the model remembers what it was asked before.";

export class SessionCard {
  #name;
  #client;
  #asking;
  /** @type {Editor | null} */
  #editor = null;
  /** @type {AbortController | null} */
  #opening = null;
  #badge = el("span");
  #words = el("p", { class: "hint", role: "status" }, ALONE);
  #parameters = el("div", { class: "parameters" });
  #toggle = el("button", { type: "submit" });
  element = el(
    "form",
    { class: "card session", novalidate: true, "aria-label": "Session" },
    el("div", { class: "card-head" }, el("h2", {}, "Session"), this.#badge),
    this.#words,
    this.#parameters,
    el("div", { class: "actions" }, this.#toggle),
  );

  /**
   * @param {string} name of the model
   * @param {Schema | null} schema what its parameters fit
   * @param {Client} client
   * @param {Asking} asking
   */
  constructor(name, schema, client, asking) {
    this.#name = name;
    this.#client = client;
    this.#asking = asking;
    if (schema !== null && describe(schema).properties.length > 0) this.#addParameters(schema);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#opening !== null) return;
      if (asking.session === null) this.#open();
      else this.#close(asking.session);
    });
    this.#show();
  }

  /** The page goes away. */
  stop() {
    this.#opening?.abort();
    this.#asking.session?.close();
    this.#asking.session = null;
  }

  /** @param {Schema} schema */
  #addParameters(schema) {
    const editor = new Editor(schema);
    const key = `${this.#name}#session`;
    const draft = readDraft(key);
    if (draft !== null) editor.restore(draft);
    editor.element.addEventListener("input", () => writeDraft(key, editor.draft));
    const details = el("details", {}, el("summary", {}, "Parameters"), editor.switch, editor.element);
    fill(this.#parameters, details);
    this.#editor = editor;
  }

  async #open() {
    await this.#editor?.ready;
    if (this.#opening !== null || this.#asking.session !== null) return;
    /** @type {Fault[]} */
    const faults = [];
    const parameters = this.#editor === null ? {} : this.#editor.read(faults);
    this.#showFaults(faults);
    if (faults.length > 0) return;
    this.#opening = new AbortController();
    this.#show("Opening…");
    try {
      const session = await this.#client.session(this.#name, parameters, { signal: this.#opening.signal });
      this.#opening = null;
      this.#asking.session = session;
      this.#show("Open: the model remembers what it is asked from now on.");
      session.closed.then((reason) => this.#ended(session, reason));
    } catch (error) {
      this.#opening = null;
      this.#show(/** @type {Error} */ (error).message, "bad");
      if (error instanceof PredictionError) this.#showFaults(error.details);
    }
  }

  /** @param {Session} session */
  async #close(session) {
    this.#show("Closing…");
    await session.close();
  }

  /**
   * @param {Session} session
   * @param {EndReason} reason
   */
  #ended(session, reason) {
    if (this.#asking.session !== session) return;
    this.#asking.session = null;
    const words = `${ENDS[reason] ?? `The session has ended: ${reason}.`} Predictions stand alone again.`;
    this.#show(words, reason === "closed" ? "calm" : "bad");
  }

  /** @param {readonly Fault[]} faults */
  #showFaults(faults) {
    const details = this.#parameters.querySelector("details");
    if (details !== null && faults.length > 0) details.open = true;
    this.#editor?.showFaults(faults);
  }

  /**
   * @param {string} [words]
   * @param {"calm" | "bad"} [tone]
   */
  #show(words = ALONE, tone = "calm") {
    const isOpen = this.#asking.session !== null;
    const isOpening = this.#opening !== null;
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.element.dataset.tone = tone;
    this.#badge.replaceWith((this.#badge = badge(isOpen ? "open" : isOpening ? "opening" : "off")));
    this.#parameters.hidden = isOpen || isOpening;
    this.#toggle.textContent = isOpen ? "Close session" : "Open a session";
    if (isOpening) this.#toggle.setAttribute("aria-disabled", "true");
    else this.#toggle.removeAttribute("aria-disabled");
  }
}
