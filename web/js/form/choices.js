// Controls to choose with: true or false, one of several values, one of several forms.

import { el, newId } from "../dom.js";
import { LabelledControl, nullChip, shortened } from "./control.js";
import { Group } from "./group.js";

/** @typedef {import("./state/alternatives.js").AlternativesState} AlternativesState */
/** @typedef {import("./state/scalars.js").BooleanState} BooleanState */
/** @typedef {import("./state/scalars.js").ChoiceState} ChoiceState */
/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {{label: string, isOn: () => boolean, choose: () => void}} Option */

const MOST_RADIOS = 4;
const LONGEST_RADIO = 28;
const LONGEST_OPTION = 200;

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
function areFew(options) {
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
function notSet(state, choose) {
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

/**
 * One of several forms that the value may have; what was entered in one is there again when it is chosen again.
 *
 * @extends {Group<AlternativesState>}
 */
export class AlternativesControl extends Group {
  #make;
  /** @type {Map<import("./state/state.js").State, Control>} */
  #controls = new Map();
  #chooser;
  #form = el("div", { class: "alternative" });

  /**
   * @param {AlternativesState} state
   * @param {MakeControl} make
   */
  constructor(state, make) {
    super(state);
    this.#make = make;
    const forms = state.field.options.map(({ label }, index) => ({
      label: shortened(label, LONGEST_OPTION),
      isOn: () => state.presence === "set" && state.chosen === index,
      choose: () => state.choose(index),
    }));
    const toNull = { label: "null", isOn: () => state.presence === "null", choose: () => state.become("null") };
    const nothing = notSet(state, () => state.choose(-1));
    const options = [...forms, ...(state.field.nullable ? [toNull] : []), ...(state.mayBeAbsent ? [nothing] : [])];
    const isFew = areFew(options);
    this.#chooser = isFew ? new Radios(options) : new Select(this, state.mayBeAbsent ? options : [nothing, ...options]);
    this.body.append(this.#chooser.element, this.#form);
    this.update();
  }

  /** @override */
  update() {
    this.#chooser.update();
    const { current } = this.state;
    const control = current === null ? null : this.#control(current);
    this.parts = control === null ? [] : [control];
    if (this.#form.firstChild !== (control?.element ?? null)) this.#form.replaceChildren(...(control === null ? [] : [control.element]));
    control?.setLabel(this.state.place.label);
    control?.moved();
  }

  /** @override @param {string} label */
  setLabel(label) {
    super.setLabel(label);
    for (const part of this.parts) part.setLabel(label);
  }

  /** @override */
  focus() {
    this.#chooser.focus();
  }

  /** @param {import("./state/state.js").State} state */
  #control(state) {
    const known = this.#controls.get(state);
    if (known !== undefined) return known;
    const control = this.#make(state);
    control.element.classList.add("chosen");
    this.#controls.set(state, control);
    return control;
  }
}

/** A row of radio buttons. */
class Radios {
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

/** A list to choose one option from. */
class Select {
  /**
   * @param {Control} control
   * @param {Option[]} options
   */
  constructor({ state }, options) {
    this.options = options;
    this.select = selectOf(options);
    this.select.setAttribute("aria-label", `Form of ${shortened(state.place.label || "this item", LONGEST_OPTION)}`);
    this.element = el("div", { class: "box" }, this.select);
  }

  update() {
    this.select.selectedIndex = this.options.findIndex(({ isOn }) => isOn());
  }

  focus() {
    this.select.focus();
  }
}

/** @param {Option[]} options */
function selectOf(options) {
  const select = el("select", {}, ...options.map(({ label }, index) => el("option", { value: index }, label)));
  select.addEventListener("input", () => options[select.selectedIndex]?.choose());
  return select;
}
