// Controls for single values: text, number, true or false, one of several choices.

import { button, el } from "../dom.js";
import { equal } from "../schema/equal.js";
import { ABSENT, LabelledControl } from "./control.js";

/** @typedef {import("./control.js").Place} Place */
/** @typedef {import("./control.js").Fault} Fault */
/** @typedef {import("../schema/fields.js").Field} Field */

const INPUT_TYPES = new Map([
  ["date", "date"],
  ["email", "email"],
  ["uri", "url"],
]);
const ONE_LINE_LENGTH = 80;

/** Text. Left alone it is absent; emptied after typing it is the empty text, where the schema allows that. */
export class TextControl extends LabelledControl {
  #touched = false;
  #note = el("p", { class: "note", hidden: true }, "Sent as empty text. ");

  /**
   * @param {Field} field
   * @param {Place} place
   */
  constructor(field, place) {
    super(field, place, textInput(field));
    this.element.append(this.#note);
    this.#note.append(button("Leave it out", () => this.#leaveOut(), { class: "link" }));
    this.input.addEventListener("input", () => this.#touch(true));
  }

  /** @override */
  read() {
    if (this.input.value !== "") return this.input.value;
    return this.#touched && mayBeEmpty(this.field) ? "" : ABSENT;
  }

  /** @override @param {unknown} value */
  write(value) {
    this.input.value = shown(value);
    this.#touch(value === "");
  }

  /** @param {boolean} touched */
  #touch(touched) {
    this.#touched = touched;
    this.#note.hidden = this.read() !== "";
  }

  #leaveOut() {
    this.input.focus();
    this.#touch(false);
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {Field} field */
function textInput({ schema }) {
  const type = INPUT_TYPES.get(schema.format);
  const oneLine = "format" in schema || "pattern" in schema || (schema.maxLength ?? Infinity) <= ONE_LINE_LENGTH;
  if (!oneLine) return el("textarea", { rows: 1, class: "text" });
  return el("input", { type: type ?? "text", autocomplete: "off", spellcheck: "false" });
}

/** @param {Field} field */
function mayBeEmpty({ schema }) {
  return !(schema.minLength > 0) && !("format" in schema);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number, typed as text: a browser's own number input hides from the page what it cannot read. */
export class NumberControl extends LabelledControl {
  /**
   * @param {Field} field
   * @param {Place} place
   */
  constructor(field, place) {
    // The decimal keypad of some phones has no minus.
    const inputmode = field.schema.minimum >= 0 || field.schema.exclusiveMinimum >= 0 ? "decimal" : null;
    super(field, place, el("input", { type: "text", inputmode, autocomplete: "off", class: "number" }));
  }

  /** @override @param {Fault[]} faults */
  read(faults) {
    const text = this.input.value.trim();
    if (text === "") return ABSENT;
    const number = Number(text);
    const message = whyNoNumber(text, number);
    if (message === null) return number;
    faults.push({ path: this.pointer, message });
    return text;
  }

  /** @override @param {unknown} value */
  write(value) {
    this.input.value = shown(value);
  }
}

/** @param {unknown} value */
function shown(value) {
  if (value === ABSENT || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * @param {string} text
 * @param {number} number what JavaScript makes of it
 */
function whyNoNumber(text, number) {
  if (/^[+-]?\d+,\d+$/.test(text)) return `Write it with a point: ${text.replace(",", ".")}`;
  if (!NUMBER.test(text)) return "This is not a number.";
  if (!Number.isFinite(number)) return "This number is too large.";
  if (Number.isInteger(number) && !Number.isSafeInteger(number) && /^[+-]?\d+$/.test(text)) {
    return "This integer is too large to be sent exactly.";
  }
  return null;
}

/** True or false; where it may be left out, a third state that the box starts in and comes back to. */
export class BooleanControl extends LabelledControl {
  #word = el("span", { class: "word" });
  /** @type {unknown} */
  #value = ABSENT;
  #untouched;
  #touched = false;

  /**
   * @param {Field} field
   * @param {Place} place
   */
  constructor(field, place) {
    const input = el("input", { type: "checkbox" });
    super(field, place, input);
    this.checkbox = input;
    this.#untouched = place.required || place.item ? false : ABSENT;
    this.box.append(this.#word);
    // A box that may be left out is checked by its first click, unchecked by the second, not set after the third.
    input.addEventListener("change", () => {
      this.write(this.#value === false && this.#untouched === ABSENT ? ABSENT : this.#value !== true);
    });
    this.write(ABSENT);
  }

  /** @override */
  read() {
    return this.#value;
  }

  /** @override */
  get blank() {
    return !this.#touched;
  }

  /** @override @param {unknown} value */
  write(value) {
    this.#touched = typeof value === "boolean";
    this.#value = this.#touched ? value : this.#untouched;
    this.checkbox.checked = this.#value === true;
    this.checkbox.indeterminate = this.#value === ABSENT;
    this.#word.textContent = this.#value === ABSENT ? "not set" : String(this.#value);
  }
}

/** One of several values of any kind. */
export class ChoiceControl extends LabelledControl {
  /**
   * @param {Field} field
   * @param {Place} place
   */
  constructor(field, place) {
    const select = el(
      "select",
      {},
      el("option", { value: "" }, place.required ? "Choose…" : "Not set"),
      ...field.choices.map((choice) => el("option", { value: choiceText(choice) }, choiceText(choice))),
    );
    super(field, place, select);
    this.select = select;
    this.write(ABSENT);
  }

  /** @override */
  read() {
    const index = this.select.selectedIndex - 1;
    return index < 0 ? ABSENT : this.field.choices[index];
  }

  /** @override */
  get blank() {
    return super.blank || this.#noChoice;
  }

  /** @override @param {unknown} value */
  write(value) {
    const index = this.field.choices.findIndex((choice) => equal(choice, value));
    this.select.selectedIndex = 1 + (value === ABSENT && this.#noChoice ? 0 : index);
  }

  get #noChoice() {
    return this.place.required && this.field.choices.length === 1;
  }
}

/** @param {unknown} choice */
function choiceText(choice) {
  return typeof choice === "string" ? choice : JSON.stringify(choice);
}
