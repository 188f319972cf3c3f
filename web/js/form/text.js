// Controls in which something is typed: text, numbers, JSON.

import { el, newId } from "../dom.js";
import { LabelledControl, chip, nullChip, shortened } from "./control.js";

/** @typedef {import("./state/state.js").State} State */
/** @typedef {import("./state/scalars.js").TextState} TextState */
/** @typedef {import("../schema/fields.js").Field} Field */
/** @typedef {import("../dom.js").Attributes} Attributes */

const INPUT_TYPES = new Map([
  ["date", "date"],
  ["email", "email"],
  ["uri", "url"],
]);
/** As a hint where there is no better one. */
const LOOKS = new Map([
  ["date-time", "2026-01-31T12:00:00Z"],
  ["time", "12:00:00Z"],
  ["uuid", "123e4567-e89b-12d3-a456-426614174000"],
  ["email", "name@example.org"],
  ["uri", "https://example.org/"],
]);
const ONE_LINE_LENGTH = 80;
const LONGEST_PLACEHOLDER = 60;

/** @extends {LabelledControl<TextState>} */
export class TypedControl extends LabelledControl {
  #placeholder;

  /**
   * @param {TextState} state
   * @param {HTMLInputElement | HTMLTextAreaElement} input
   */
  constructor(state, input) {
    super(state, input);
    this.typed = input;
    this.#placeholder = placeholderOf(state);
    input.addEventListener("input", () => {
      state.type(input.value);
      this.update();
    });
    const isEmpty = () => state.presence === "set" && state.text === "";
    const empty = state.mayBeEmpty && chip(this, "empty", isEmpty, () => (isEmpty() ? state.become("absent") : state.hold("")));
    this.box.append(...[empty, state.field.kind !== "any" && nullChip(this)].filter((one) => one !== false));
  }

  /** @override */
  update() {
    const { presence, text } = this.state;
    const shown = presence === "set" ? text : "";
    if (this.typed.value !== shown) this.typed.value = shown;
    this.typed.placeholder = presence === "null" ? "null" : presence === "set" && text === "" ? "(empty)" : this.#placeholder;
  }
}

/** Text, in as many lines as it may have. */
export class TextControl extends TypedControl {
  /** @param {TextState} state */
  constructor(state) {
    super(state, textInput(state.field));
    suggest(this, state.field);
    this.update();
  }

  /** @override */
  update() {
    // An input of one line drops what does not fit it: what was written into the form is shown as plain text then.
    if (this.typed instanceof HTMLInputElement && /[\n\r]/.test(this.state.text)) this.#becomeTextArea();
    super.update();
    if (this.typed instanceof HTMLInputElement && this.typed.type !== "text" && this.typed.value !== this.state.text && this.state.presence === "set") {
      this.typed.type = "text";
      this.typed.value = this.state.text;
    }
  }

  #becomeTextArea() {
    const area = el("textarea", { rows: 2, class: "text" });
    for (const { name, value } of this.typed.attributes) if (!["type", "list", "class"].includes(name)) area.setAttribute(name, value);
    this.typed.replaceWith(area);
    this.typed = this.input = area;
    area.addEventListener("input", () => {
      this.state.type(area.value);
      this.update();
    });
  }
}

/** @param {Field} field */
function textInput({ schema }) {
  const type = INPUT_TYPES.get(schema.format);
  const oneLine = "format" in schema || "pattern" in schema || (schema.maxLength ?? Infinity) <= ONE_LINE_LENGTH;
  if (!oneLine) return el("textarea", { rows: 1, class: "text" });
  return el("input", { type: type ?? "text", autocomplete: "off", spellcheck: "false" });
}

/** A number, typed as text: a browser's own number input hides from the page what it cannot read. */
export class NumberControl extends TypedControl {
  /** @param {TextState} state */
  constructor(state) {
    // The decimal keypad of some phones has no minus.
    const { schema } = state.field;
    const inputmode = schema.minimum >= 0 || schema.exclusiveMinimum >= 0 ? "decimal" : null;
    super(state, el("input", { type: "text", inputmode, autocomplete: "off", class: "number" }));
    suggest(this, state.field);
    this.update();
  }
}

/** Any JSON data, for what has no better control, and for the whole input. */
export class JsonControl extends TypedControl {
  /** @param {TextState} state */
  constructor(state) {
    super(state, el("textarea", { class: "code", rows: 3, spellcheck: "false", autocapitalize: "off" }));
    this.input.dir = "ltr";
    this.update();
  }
}

/** @param {State} state */
function placeholderOf({ field: { kind, schema } }) {
  if ("default" in schema) return shortened(`default: ${plain(schema.default)}`, LONGEST_PLACEHOLDER);
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return shortened(`such as ${plain(schema.examples[0])}`, LONGEST_PLACEHOLDER);
  if (kind === "numbers") return "1, 2.5, 3";
  return LOOKS.get(schema.format) ?? "";
}

/**
 * The examples of a value, to choose from.
 *
 * @param {LabelledControl} control
 * @param {Field} field
 */
function suggest({ input, element }, { schema: { examples } }) {
  if (!Array.isArray(examples) || !(input instanceof HTMLInputElement)) return;
  const id = newId();
  input.setAttribute("list", id);
  element.append(el("datalist", { id }, ...examples.slice(0, 50).map((example) => el("option", { value: plain(example) }))));
}

/** @param {unknown} value */
function plain(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
