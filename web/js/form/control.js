// What every control of a form is: it shows one state, under a label, with what is wrong with it.

import { button, el, fill, newId } from "../dom.js";

/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("./state/state.js").State} State */
/** @typedef {(state: State) => Control} MakeControl */

const LONGEST_LABEL = 200;
const LONGEST_TEXT = 4_000;

/**
 * Subclasses set `element`, and say how their state is shown.
 *
 * @template {State} [S=State]
 */
export class Control {
  /** @type {Control[]} */
  parts = [];
  /** @type {HTMLElement} */
  element = el("div");
  /**
   * The label or legend.
   *
   * @type {HTMLElement}
   */
  caption = el("span");
  faultSlot = el("p", { class: "fault", id: newId(), dir: "auto", hidden: true });

  /** @param {S} state */
  constructor(state) {
    this.state = state;
    state.addEventListener("change", () => this.update());
  }

  get field() {
    return this.state.field;
  }

  /** Show the state as it is now. */
  update() {}

  /** The value stands elsewhere from now on. */
  moved() {
    for (const part of this.parts) part.moved();
  }

  /** @param {string} label */
  setLabel(label) {
    this.state.place.label = label;
    this.caption.textContent = shortened(label, LONGEST_LABEL);
  }

  /** @param {readonly string[]} messages none clears it */
  showFaults(messages) {
    fill(this.faultSlot, messages.join(" · "));
    this.faultSlot.hidden = messages.length === 0;
  }

  focus() {
    for (const target of this.element.querySelectorAll("input, select, textarea, button, [tabindex]")) {
      if (!(target instanceof HTMLElement) || target.matches(":disabled") || target.offsetParent === null) continue;
      target.focus();
      return;
    }
  }

  /** Tell whoever listens that the value has changed, other than by typing. */
  tell() {
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /**
   * This control and all below it.
   *
   * @returns {Control[]}
   */
  all() {
    return [this, ...this.parts.flatMap((part) => part.all())];
  }
}

/**
 * A control that is one input under one label.
 *
 * @template {State} [S=State]
 * @extends {Control<S>}
 */
export class LabelledControl extends Control {
  /**
   * @param {S} state
   * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} input
   */
  constructor(state, input) {
    super(state);
    this.input = input;
    const { field, place } = state;
    input.id = newId();
    input.dir = "auto";
    this.print = el("span", { class: "small-print", id: newId(), dir: "auto" }, smallPrint(state));
    this.hint = hintOf(field.description);
    if (place.required && input.type !== "checkbox") input.setAttribute("aria-required", "true");
    input.setAttribute("aria-describedby", [this.faultSlot, this.hint, this.print].flatMap((one) => one?.id ?? []).join(" "));
    this.box = el("div", { class: "box" }, input, field.unit && el("span", { class: "unit" }, shortened(field.unit, LONGEST_LABEL)));
    this.caption = el("label", { for: input.id });
    this.setLabel(place.label);
    this.element = el(
      "div",
      { class: isShort(state) ? "field short" : "field" },
      el("div", { class: "field-head" }, this.caption, this.print),
      this.box,
      this.faultSlot,
      this.hint,
    );
    this.moved();
  }

  /** @override */
  moved() {
    super.moved();
    this.input.name = this.state.pointer;
  }

  /** @override @param {readonly string[]} messages */
  showFaults(messages) {
    super.showFaults(messages);
    if (messages.length > 0) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  /** @override */
  focus() {
    this.input.focus();
  }
}

/** @param {string} description */
export function hintOf(description) {
  return description === "" ? null : el("p", { class: "hint", id: newId(), dir: "auto" }, shortened(description, LONGEST_TEXT));
}

/**
 * A switch beside a value that is null, or empty, while it is pressed.
 *
 * @param {Control} control
 * @param {string} word
 * @param {() => boolean} isOn
 * @param {() => void} toggle
 */
export function chip(control, word, isOn, toggle) {
  const element = button(
    word,
    () => {
      toggle();
      control.tell();
    },
    { class: "chip" },
  );
  const show = () => {
    element.setAttribute("aria-pressed", String(isOn()));
    element.setAttribute("aria-label", `${word}: ${shortened(control.state.place.label || "this item", LONGEST_LABEL)}`);
  };
  control.state.addEventListener("change", show);
  control.element.addEventListener("input", show);
  show();
  return element;
}

/**
 * The switch that makes a value null; none where it cannot be.
 *
 * @param {Control} control
 */
export function nullChip(control) {
  const { state } = control;
  return state.field.nullable && chip(control, "null", () => state.presence === "null", () => state.toggleNull());
}

/**
 * Whether two of them fit side by side.
 *
 * @param {State} state
 */
function isShort({ field: { kind, schema, choices } }) {
  if (kind === "choice") return choices.every((choice) => String(choice).length < 24);
  return kind === "number" || kind === "boolean" || schema.format === "date" || schema.format === "time";
}

/**
 * What stands small beside a label: what is asked of the value, as far as the control itself does not show it.
 *
 * @param {State} state
 */
export function smallPrint({ field: { kind, type, constraints, schema }, place: { required, item } }) {
  const isShown = ["choice", "object", "list", "tuple", "alternatives", "grid", "never"].includes(kind);
  const words = [
    ...(isShown ? [] : [type]),
    ...(kind === "file" ? constraints.filter((one) => !/^(holds|encoded as) /.test(one)) : constraints),
    ...(schema.deprecated === true ? ["deprecated"] : []),
    ...(required || item || "default" in schema ? [] : ["optional"]),
  ];
  return shortened(words.join(" · "), LONGEST_LABEL);
}

/**
 * @param {string} text
 * @param {number} length
 */
export function shortened(text, length) {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
