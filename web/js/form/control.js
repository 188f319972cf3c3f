// What every control of a form is: a part of the input that is read, written, named, and told what is wrong with it.

import { el, fill, newId } from "../dom.js";

/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("../schema/fields.js").Field} Field */

/** What a control reads when its value is to be left out: neither empty, nor zero, nor null. */
export const ABSENT = Symbol("absent");

/**
 * @typedef {object} Place where a value stands in the input
 * @property {string} label
 * @property {boolean} required
 * @property {boolean} [item] it is one of an array: always there, never marked as required or optional
 */

/** @typedef {(field: Field, place: Place) => Control} MakeControl */

/** Subclasses set `element`, and say how their value is read and written. */
export class Control {
  /** JSON Pointer of the value. */
  pointer = "";
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
  faultSlot = el("p", { class: "fault", id: newId(), hidden: true });

  /**
   * @param {Field} field
   * @param {Place} place
   */
  constructor(field, place) {
    this.field = field;
    this.place = place;
  }

  /**
   * The value as JSON data, or `ABSENT`.
   *
   * @param {Fault[]} _faults told what was typed and is no value
   * @returns {unknown}
   */
  read(_faults) {
    return ABSENT;
  }

  /** Whether nothing was ever set here, so that what it is part of may be left out. */
  get blank() {
    return this.read([]) === ABSENT;
  }

  /**
   * Show a value as far as this control can; `ABSENT` clears it.
   *
   * @param {unknown} _value
   */
  write(_value) {}

  /** @param {string} pointer where the value stands from now on */
  moveTo(pointer) {
    this.pointer = pointer;
  }

  /** @param {readonly string[]} messages none clears it */
  showFaults(messages) {
    fill(this.faultSlot, messages.join(" "));
    this.faultSlot.hidden = messages.length === 0;
  }

  focus() {
    const target = this.element.querySelector("input, select, textarea, button");
    if (target instanceof HTMLElement) target.focus();
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

/** A control that is one input under one label. */
export class LabelledControl extends Control {
  /**
   * @param {Field} field
   * @param {Place} place
   * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} input
   */
  constructor(field, place, input) {
    super(field, place);
    this.input = input;
    input.id = newId();
    const print = el("span", { class: "small-print", id: newId() }, smallPrint(field, place));
    const description = field.description && el("p", { class: "hint", id: newId() }, field.description);
    if (place.required && input.type !== "checkbox") input.setAttribute("aria-required", "true");
    input.setAttribute(
      "aria-describedby",
      [this.faultSlot.id, description && description.id, print.id].filter(Boolean).join(" "),
    );
    this.box = el("div", { class: "box" }, input, field.unit && el("span", { class: "unit" }, field.unit));
    this.caption = el("label", { for: input.id }, place.label);
    this.element = el(
      "div",
      { class: isShort(field) ? "field short" : "field" },
      el("div", { class: "field-head" }, this.caption, print),
      this.box,
      this.faultSlot,
      description,
    );
  }

  /** @override @param {string} pointer */
  moveTo(pointer) {
    super.moveTo(pointer);
    this.input.name = pointer;
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

/**
 * Whether two of them fit side by side.
 *
 * @param {Field} field
 */
function isShort({ kind, schema }) {
  return kind === "number" || kind === "boolean" || kind === "choice" || schema.format === "date";
}

/**
 * What stands small beside a label: what is asked of the value, as far as the control itself does not show it.
 *
 * @param {Field} field
 * @param {Place} place
 */
export function smallPrint({ kind, type, constraints }, { required, item }) {
  const isShown = kind === "choice" || kind === "object" || kind === "list" || kind === "tuple";
  return [...(isShown ? [] : [type]), ...constraints, ...(required || item ? [] : ["optional"])].join(" · ");
}
