// A control whose code is loaded when it is first shown.

import { button, el } from "../dom.js";
import { Control } from "./control.js";

/** @typedef {import("./state/state.js").State} State */

export class Deferred extends Control {
  #load;
  #wantsFocus = false;

  /**
   * @param {State} state
   * @param {() => Promise<new (state: any) => Control>} load
   */
  constructor(state, load) {
    super(state);
    this.#load = load;
    this.element = el("div", { class: "deferred" });
    this.#fetch();
  }

  /** @override @param {string} label */
  setLabel(label) {
    super.setLabel(label);
    for (const part of this.parts) part.setLabel(label);
  }

  /** @override */
  focus() {
    const [inner] = this.parts;
    if (inner === undefined) this.#wantsFocus = true;
    else inner.focus();
  }

  async #fetch() {
    this.element.replaceChildren(el("p", { class: "hint" }, `${this.state.place.label} is being loaded…`), this.faultSlot);
    try {
      const Inner = await this.#load();
      const inner = new Inner(this.state);
      this.parts = [inner];
      this.element.replaceChildren(inner.element);
      if (!this.faultSlot.hidden) inner.showFaults([this.faultSlot.textContent ?? ""]);
      if (this.#wantsFocus) inner.focus();
    } catch {
      const again = button("Try again", () => void this.#fetch());
      this.element.replaceChildren(el("p", { class: "hint" }, `${this.state.place.label} could not be loaded.`), again, this.faultSlot);
    }
  }
}
