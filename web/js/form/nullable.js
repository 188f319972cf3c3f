// A control with a switch beside it that makes the value null.

import { button, el } from "../dom.js";
import { Control } from "./control.js";

/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {import("./control.js").Place} Place */
/** @typedef {import("./control.js").Fault} Fault */
/** @typedef {import("../schema/fields.js").Field} Field */

export class NullableControl extends Control {
  #isNull = false;
  #shell = el("fieldset", { class: "bare" });
  #toggle;

  /**
   * @param {Field} field
   * @param {Place} place
   * @param {MakeControl} make
   */
  constructor(field, place, make) {
    super(field, place);
    this.inner = make({ ...field, nullable: false }, place);
    this.parts = [this.inner];
    this.caption = this.inner.caption;
    this.#toggle = button("null", () => this.#toggleNull(), { class: "chip", "aria-pressed": "false" });
    this.#shell.append(this.inner.element);
    this.element = el("div", { class: this.inner.element.classList.contains("short") ? "nullable short" : "nullable" }, this.#shell, this.#toggle);
  }

  /** @override @param {Fault[]} faults */
  read(faults) {
    return this.#isNull ? null : this.inner.read(faults);
  }

  /** @override */
  get blank() {
    return !this.#isNull && this.inner.blank;
  }

  /** @override @param {unknown} value */
  write(value) {
    this.#become(value === null);
    if (value !== null) this.inner.write(value);
  }

  /** @override @param {string} pointer */
  moveTo(pointer) {
    super.moveTo(pointer);
    this.inner.moveTo(pointer);
    this.#toggle.setAttribute("aria-label", `null: ${this.place.label || "this item"}`);
  }

  #toggleNull() {
    this.#become(!this.#isNull);
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {boolean} isNull */
  #become(isNull) {
    this.#isNull = isNull;
    this.#shell.disabled = isNull;
    this.#toggle.setAttribute("aria-pressed", String(isNull));
  }
}
