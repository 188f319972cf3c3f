// Controls to choose with: true or false, one of several values.

import { el, newId } from "../dom.js";
import { LabelledControl, nullChip, shortened } from "./control.js";
import { Group } from "./group.js";

/** @typedef {import("./state/choices.js").BooleanState} BooleanState */
/** @typedef {import("./state/choices.js").ChoiceState} ChoiceState */
/** @typedef {{label: string, isOn: () => boolean, choose: () => void}} Option */

const MOST_RADIOS = 4;
const LONGEST_RADIO = 28;
export const LONGEST_OPTION = 200;

/**
 * True or false; where it may be left out, a third state that the box starts in and comes back to.
 *
 * @extends {LabelledControl<BooleanState>}
 */
export class BooleanControl extends LabelledControl {
  #word = el("span", { class: "word" });

  /** @param {BooleanState} state */
  constructor(state) {
    const input = el("input", { type: "checkbox" });
    super(state, input);
    this.checkbox = input;
    const toNull = nullChip(this);
    this.box.append(this.#word, ...(toNull ? [toNull] : []));
    input.addEventListener("input", () => state.advance());
    this.update();
  }

  /** @override */
  update() {
    const { presence, isTrue, field } = this.state;
    this.checkbox.checked = presence === "set" && isTrue;
    this.checkbox.indeterminate = presence !== "set";
    const byDefault = typeof field.schema.default === "boolean" ? ` (default: ${field.schema.default})` : "";
    this.#word.textContent = presence === "set" ? String(isTrue) : presence === "null" ? "null" : `not set${byDefault}`;
  }
}

/** @param {Option[]} options */
export function areFew(options) {
  return options.length <= MOST_RADIOS && options.every(({ label }) => label.length <= LONGEST_RADIO);
}

/** @param {ChoiceState} state @returns {Option[]} */
function choicesOf(state) {
  const { choices, choiceLabels, nullable } = state.field;
  const found = choices.map((choice, index) => ({
    label: shortened(choiceLabels[index] || (typeof choice === "string" ? choice : JSON.stringify(choice)), LONGEST_OPTION),
    isOn: () => state.presence === "set" && state.index === index,
    choose: () => state.choose(index),
  }));
  return [...found, ...(nullable ? [{ label: "null", isOn: () => state.presence === "null", choose: () => state.become("null") }] : [])];
}

/**
 * @param {import("./state/state.js").State} state
 * @param {() => void} choose
 * @returns {Option}
 */
export function notSet(state, choose) {
  const { place, field } = state;
  const byDefault = "default" in field.schema ? ` (default: ${shortened(JSON.stringify(field.schema.default), LONGEST_RADIO)})` : "";
  return { label: place.required ? "Choose…" : `Not set${byDefault}`, isOn: () => state.presence === "absent", choose };
}

/** @param {ChoiceState} state */
export function choiceControl(state) {
  return areFew(choicesOf(state)) ? new RadioControl(state) : new SelectControl(state);
}

/**
 * One of many values.
 *
 * @extends {LabelledControl<ChoiceState>}
 */
class SelectControl extends LabelledControl {
  /** @param {ChoiceState} state */
  constructor(state) {
    const options = [notSet(state, () => state.choose(-1)), ...choicesOf(state)];
    const select = selectOf(options);
    super(state, select);
    this.options = options;
    this.select = select;
    this.update();
  }

  /** @override */
  update() {
    this.select.selectedIndex = this.options.findIndex(({ isOn }) => isOn());
  }
}

/**
 * One of few values.
 *
 * @extends {Group<ChoiceState>}
 */
class RadioControl extends Group {
  /** @param {ChoiceState} state */
  constructor(state) {
    super(state, "field radios");
    const choices = choicesOf(state);
    const options = state.mayBeAbsent ? [...choices, notSet(state, () => state.choose(-1))] : choices;
    this.radios = new Radios(options);
    this.body.append(this.radios.element);
    this.element.setAttribute("role", "radiogroup");
    if (state.place.required) this.element.setAttribute("aria-required", "true");
    this.update();
  }

  /** @override */
  update() {
    this.radios.update();
  }

  /** @override @param {readonly string[]} messages */
  showFaults(messages) {
    super.showFaults(messages);
    if (messages.length > 0) this.element.setAttribute("aria-invalid", "true");
    else this.element.removeAttribute("aria-invalid");
  }

  /** @override */
  focus() {
    this.radios.focus();
  }
}

/** A row of radio buttons. */
export class Radios {
  #name = newId();
  /** @type {HTMLInputElement[]} */
  #inputs = [];
  element = el("div", { class: "options" });

  /** @param {Option[]} options */
  constructor(options) {
    this.options = options;
    for (const { label, choose } of options) {
      const input = el("input", { type: "radio", name: this.#name });
      // Before whoever listens further out reads the value; as with a select.
      input.addEventListener("input", choose);
      this.#inputs.push(input);
      this.element.append(el("label", { class: "option", dir: "auto" }, input, el("span", {}, label)));
    }
  }

  update() {
    this.options.forEach(({ isOn }, index) => (this.#inputs[index].checked = isOn()));
  }

  focus() {
    (this.#inputs.find((input) => input.checked) ?? this.#inputs[0])?.focus();
  }
}

/** @param {Option[]} options */
export function selectOf(options) {
  const select = el("select", {}, ...options.map(({ label }, index) => el("option", { value: index }, label)));
  select.addEventListener("input", () => options[select.selectedIndex]?.choose());
  return select;
}
