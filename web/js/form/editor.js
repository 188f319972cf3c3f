// The input of a model, as a form and as JSON: two views of one value.

import { button, el } from "../dom.js";
import { equal } from "../schema/equal.js";
import { describe } from "../schema/fields.js";
import { isWithin } from "../schema/pointer.js";
import { ABSENT } from "./control.js";
import { JsonControl } from "./json.js";
import { makeControl } from "./make.js";

/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").Fault} Fault */
/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {{mode: "form" | "json", value?: unknown, text?: string}} Draft what was typed, finished or not */

/** Its element sends `input` events whenever a value may have changed. */
export class Editor {
  element = el("div", { class: "editor" });
  /** A switch between the two views; null where there is only one. */
  switch = /** @type {HTMLElement | null} */ (null);
  /** @type {Control} */
  #json;
  /** @type {Control | null} null where the input is no object: then it is written as JSON */
  #form = null;
  /** @type {Control} */
  #shown;

  /** @param {Schema | boolean} schema */
  constructor(schema) {
    const field = describe(schema);
    const place = { label: field.title || "Input", required: true };
    this.#json = new JsonControl({ ...field, unit: "" }, place);
    this.#json.element.classList.add("whole");
    this.#json.moveTo("");
    this.#shown = this.#json;
    if (field.kind === "object" && !field.nullable) {
      this.#form = makeControl({ ...field, description: "" }, place);
      this.#form.element.classList.add("whole");
      this.#form.moveTo("");
      this.switch = this.#makeSwitch();
    }
    this.#show(this.#form ?? this.#json);
    this.element.addEventListener("input", ({ target }) => this.#forgetFaults(/** @type {Node} */ (target)));
  }

  /**
   * The input as JSON data.
   *
   * @param {Fault[]} faults told what was typed and is no value; unless it stays empty, do not send
   */
  read(faults) {
    const value = this.#shown.read(faults);
    if (value === ABSENT) faults.push({ path: "", message: "Write the input as JSON." });
    return value;
  }

  /**
   * Show an input: in the form, if that can show all of it.
   *
   * @param {unknown} value
   */
  write(value) {
    if (this.#form !== null && this.#shown === this.#form && this.#fits(this.#form, value)) return;
    this.#json.write(value);
    this.#show(this.#json);
  }

  /** Back to how it was at first. */
  clear() {
    this.#form?.write(ABSENT);
    this.#json.write(ABSENT);
    this.#show(this.#form ?? this.#json);
    this.showFaults([]);
  }

  /** @returns {Draft} */
  get draft() {
    if (this.#shown === this.#form) return { mode: "form", value: this.#form.read([]) };
    return { mode: "json", text: /** @type {JsonControl} */ (this.#json).input.value };
  }

  /** @param {Draft} draft */
  restore({ mode, value, text }) {
    if (mode === "form" && this.#form !== null) this.#form.write(value);
    if (mode === "json") {
      /** @type {JsonControl} */ (this.#json).input.value = text ?? "";
      this.#show(this.#json);
    }
  }

  /**
   * Show each fault at the innermost control it belongs to, and go to the first of these.
   *
   * @param {readonly Fault[]} faults none clears all
   */
  showFaults(faults) {
    const controls = this.#shown.all();
    /** @type {Map<Control, string[]>} */
    const messages = new Map();
    for (const fault of faults) {
      const owner = innermost(controls, fault.path);
      const where = fault.path === owner.pointer ? "" : `${fault.path}: `;
      messages.set(owner, [...(messages.get(owner) ?? []), where + fault.message]);
    }
    for (const control of controls) control.showFaults(messages.get(control) ?? []);
    controls.find((control) => messages.has(control) && (control !== this.#form))?.focus();
  }

  /** @param {Node} target */
  #forgetFaults(target) {
    for (const control of this.#shown.all()) if (control.element.contains(target)) control.showFaults([]);
  }

  /** @param {Control} control */
  #show(control) {
    this.#shown = control;
    this.element.replaceChildren(control.element);
    const [asForm, asJson] = this.switch?.children ?? [];
    asForm?.setAttribute("aria-pressed", String(control === this.#form));
    asJson?.setAttribute("aria-pressed", String(control === this.#json));
  }

  #makeSwitch() {
    return el(
      "div",
      { class: "switch", role: "group", "aria-label": "Edit the input as" },
      button("Form", () => this.#toForm()),
      button("JSON", () => this.#toJson()),
    );
  }

  #toJson() {
    if (this.#shown === this.#json) return;
    this.#json.write(this.#shown.read([]));
    this.#show(this.#json);
    this.#changed();
  }

  #toForm() {
    if (this.#form === null || this.#shown === this.#form) return;
    /** @type {Fault[]} */
    const faults = [];
    const value = this.#json.read(faults);
    if (faults.length === 0 && value !== ABSENT && !this.#fits(this.#form, value)) {
      faults.push({ path: "", message: "The form cannot show all of this." });
    }
    if (faults.length > 0) {
      this.showFaults(faults);
      return;
    }
    this.#show(this.#form);
    this.#changed();
  }

  /**
   * @param {Control} form
   * @param {unknown} value
   */
  #fits(form, value) {
    form.write(value);
    return equal(form.read([]), value);
  }

  #changed() {
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/**
 * @param {Control[]} controls outer ones before inner ones, the first around all
 * @param {string} path
 */
function innermost(controls, path) {
  return controls.reduce((best, control) =>
    isWithin(path, control.pointer) && control.pointer.length >= best.pointer.length ? control : best,
  );
}
