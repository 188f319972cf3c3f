// The input of a model, as a form and as JSON: two views of one value.

import { button, el } from "../dom.js";
import { whenUsed } from "../presence.js";
import { equal } from "../schema/equal.js";
import { describe } from "../schema/fields.js";
import { isWithin } from "../schema/pointer.js";
import { widgetFor } from "../widgets.js";
import { controlMaker } from "./make.js";
import { makeState } from "./state/make.js";
import { JsonState } from "./state/scalars.js";
import { ABSENT } from "./state/state.js";
import { JsonControl } from "./text.js";

/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").Fault} Fault */
/** @typedef {import("../schema/checker.js").Check} Check */
/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {{mode: "form" | "json", form?: any, text?: string}} Draft what was typed, finished or not */

/** A form of more parts than this is slow to show, and to use: what has more is shown as JSON. */
const MOST_PARTS = 600;

/** Of kinds that are there (`kinds.js`). Its element sends `input` events whenever a value may have changed. */
export class Editor {
  element = el("div", { class: "editor" });
  /** A switch between the two views; null where there is only one. */
  switch = /** @type {HTMLElement | null} */ (null);
  #text;
  /** @type {Control} */
  #json;
  /** @type {Control | null} null where there is no better way than JSON */
  #form = null;
  /** @type {Control} */
  #shown;
  /** @type {Check | null} null until it is loaded; until then the service alone judges */
  #check = null;
  /** @type {Promise<void> | null} */
  #ready = null;
  #schema;

  /**
   * @param {Schema | boolean} schema
   * @param {readonly import("../widgets.js").WidgetEntry[]} [widgets] that it may ask for
   */
  constructor(schema, widgets = []) {
    this.#schema = schema;
    const field = describe(schema);
    const place = { label: field.title || "Input", required: true };
    // As JSON it has no unit, no default and no examples to show.
    const anything = describe({ title: field.title, description: field.description });
    this.#text = new JsonState(anything, { ...place }, null);
    this.#json = new JsonControl(this.#text);
    this.#json.element.classList.add("whole");
    this.#shown = this.#json;
    if (field.kind !== "any" || widgetFor(widgets, "input", field.schema, true) !== undefined) {
      this.#form = controlMaker(widgets, schema)(makeState(field, place, null));
      this.#form.element.classList.add("whole");
      this.switch = this.#makeSwitch();
    }
    this.#show(this.#form ?? this.#json);
    this.element.addEventListener("input", ({ target }) => this.#forgetFaults(/** @type {Node} */ (target)));
    whenUsed().then(() => this.ready);
  }

  /** Resolved when the page's own check is there, or cannot be had. It is loaded when it is first asked for. */
  get ready() {
    return (this.#ready ??= this.#loadCheck());
  }

  /**
   * The input as JSON data.
   *
   * @param {Fault[]} faults told what is no value, or known not to fit the schema; unless it stays empty, do not send
   */
  read(faults) {
    const value = this.#shown.state.read(faults);
    if (value === ABSENT) faults.push({ path: "", message: this.#shown === this.#json ? "Write the input as JSON." : "is required" });
    if (faults.length === 0) faults.push(...this.#judge(value));
    return value;
  }

  /**
   * Show an input: in the form, if that can show all of it.
   *
   * @param {unknown} value
   */
  write(value) {
    if (this.#form !== null && this.#shown === this.#form && this.#fits(this.#form, value)) return;
    this.#json.state.write(value);
    this.#show(this.#json);
  }

  /** Back to how it was at first. */
  clear() {
    this.#form?.state.write(ABSENT);
    this.#json.state.write(ABSENT);
    this.#show(this.#form ?? this.#json);
    this.showFaults([]);
  }

  /** @returns {Draft} */
  get draft() {
    if (this.#shown === this.#form) return { mode: "form", form: this.#form.state.save() };
    return { mode: "json", text: this.#text.text };
  }

  /** @param {Draft} draft */
  restore({ mode, form, text }) {
    if (mode === "form" && this.#form !== null) this.#form.state.load(form);
    if (mode === "json") {
      this.#text.hold(text ?? "");
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
      const where = fault.path === owner.state.pointer ? "" : `${fault.path}: `;
      messages.set(owner, [...(messages.get(owner) ?? []), where + fault.message]);
    }
    for (const control of controls) control.showFaults(messages.get(control) ?? []);
    const first = controls.find((control) => messages.has(control) && control !== this.#form) ?? controls.find((control) => messages.has(control));
    if (first === undefined) return;
    for (let part = first.element.closest("details"); part; part = part.parentElement?.closest("details") ?? null) part.open = true;
    first.focus();
  }

  /**
   * What the part at a JSON Pointer is called, from the outside in; what has no name stays a pointer.
   *
   * @param {string} path
   */
  nameOf(path) {
    /** @type {Map<string, string>} */
    const names = new Map();
    for (const { state } of this.#shown.all()) {
      const { pointer } = state;
      if (pointer !== "" && isWithin(path, pointer)) names.set(pointer, state.place.label);
    }
    const named = Math.max(0, ...[...names.keys()].map((pointer) => pointer.length));
    return [...names.values(), path.slice(named)].filter(Boolean).join(" › ");
  }

  async #loadCheck() {
    try {
      const { loadChecker } = await import("../schema/checker.js");
      this.#check = await loadChecker(this.#schema);
    } catch {
      this.#ready = null; // the next who asks tries again
    }
  }

  /** @param {unknown} value */
  #judge(value) {
    try {
      return this.#check?.(value, (pointer) => this.#chosen(pointer)) ?? [];
    } catch {
      // A schema with something in it that the page's own judge does not know: the service does.
      return [];
    }
  }

  /** @param {string} pointer */
  #chosen(pointer) {
    const states = this.#shown.state.all();
    /** @type {any} an `AlternativesState` */
    const found = states.find(({ field, pointer: place }) => field.kind === "alternatives" && place === pointer);
    return found?.field.options[found.chosen]?.index;
  }

  /** @param {Node} target */
  #forgetFaults(target) {
    for (const control of this.#shown.all()) if (control.element.contains(target)) control.showFaults([]);
  }

  /** @param {Control} control */
  #show(control) {
    this.#shown = control;
    if (this.element.firstChild !== control.element) this.element.replaceChildren(control.element);
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
    this.#json.state.write(this.#shown.state.read());
    this.#show(this.#json);
    this.#changed();
  }

  #toForm() {
    if (this.#form === null || this.#shown === this.#form) return;
    /** @type {Fault[]} */
    const faults = [];
    const value = this.#json.state.read(faults);
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
    if (countParts(value) > MOST_PARTS && this.#hasManyRows(value)) return false;
    form.state.write(value);
    return equal(form.state.read(), value);
  }

  /**
   * Numbers in one field are no rows, however many.
   *
   * @param {unknown} value
   */
  #hasManyRows(value) {
    const state = makeState(/** @type {Control} */ (this.#form).field, { label: "", required: true }, null);
    state.write(value);
    return state.all().length > MOST_PARTS;
  }

  #changed() {
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {unknown} value */
function countParts(value) {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  for (const part of Object.values(value)) count += countParts(part);
  return count;
}

/**
 * @param {Control[]} controls outer ones before inner ones, the first around all
 * @param {string} path
 */
function innermost(controls, path) {
  const pointers = new Map(controls.map((control) => [control, control.state.pointer]));
  return controls.reduce((best, control) => {
    const [pointer, bestPointer] = [pointers.get(control) ?? "", pointers.get(best) ?? ""];
    return isWithin(path, pointer) && pointer.length >= bestPointer.length ? control : best;
  });
}
