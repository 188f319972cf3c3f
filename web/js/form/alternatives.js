// The control of a value that may have one of several forms.

import { el } from "../dom.js";
import { LONGEST_OPTION, Radios, areFew, notSet, selectOf } from "./choices.js";
import { shortened } from "./control.js";
import { Group } from "./group.js";

/** @typedef {import("./choices.js").Option} Option */
/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {import("./state/alternatives.js").AlternativesState} AlternativesState */

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
