// The control of an object: its properties, and rows for other keys.

import { button, el, newId } from "../dom.js";
import { OptionalGroup } from "./group.js";

/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {import("./state/object.js").ObjectState} ObjectState */
/** @typedef {import("./state/object.js").Row} Row */
/** @typedef {{element: HTMLElement, key: HTMLInputElement, control: Control}} Shown */

/** @extends {OptionalGroup<ObjectState>} */
export class ObjectControl extends OptionalGroup {
  #make;
  /** @type {Control[]} */
  #named = [];
  /** @type {Map<Row, Shown>} */
  #shown = new Map();
  #rows = el("ol", { class: "rows map" });
  #add = button("Add key", () => this.#addRow(), { class: "quiet add" });

  /**
   * @param {ObjectState} state
   * @param {MakeControl} make
   */
  constructor(state, make) {
    super(state);
    this.#make = make;
    this.update();
  }

  /** @override */
  get fillWord() {
    return this.state.field.properties.length > 0 ? "Fill in" : "Empty object";
  }

  /** @override */
  build() {
    this.#named = this.state.named.map(({ state }) => this.#make(state));
    this.body.prepend(...this.#named.map(({ element }) => element), this.#rows);
  }

  /** @override */
  update() {
    const isSet = this.state.presence === "set";
    // Below the rows; or beside what else can be done, while there is nothing.
    if (isSet && this.#add.parentElement !== this.body) this.body.append(this.#add);
    if (!isSet && this.#add.parentElement !== this.actions) this.actions.prepend(this.#add);
    this.#add.hidden = !this.state.isOpen || (!isSet && this.state.field.properties.length > 0);
    super.update();
  }

  /** @override */
  show() {
    const { rows } = this.state;
    const shown = rows.map((row) => this.#rowOf(row));
    for (const [row, { element }] of this.#shown) {
      if (rows.includes(row)) continue;
      element.remove();
      this.#shown.delete(row);
    }
    shown.forEach(({ element }, index) => {
      if (this.#rows.children[index] !== element) this.#rows.insertBefore(element, this.#rows.children[index] ?? null);
    });
    this.parts = [...this.#named, ...shown.map(({ control }) => control)];
  }

  /** @param {Row} row */
  #rowOf(row) {
    const known = this.#shown.get(row);
    if (known !== undefined) return known;
    const key = el("input", { id: newId(), value: row.key, autocomplete: "off", spellcheck: "false", dir: "auto" });
    const control = this.#make(row.state);
    const remove = button("Remove", () => this.#remove(row), { class: "quiet remove" });
    const element = el(
      "li",
      {},
      el("div", { class: "field key" }, el("label", { for: key.id }, "Key"), el("div", { class: "box" }, key)),
      control.element,
      el("div", { class: "row-actions" }, remove),
    );
    const shown = { element, key, control };
    this.#shown.set(row, shown);
    key.addEventListener("input", () => this.#rename(row, shown, remove));
    this.#name(row, shown, remove);
    return shown;
  }

  /**
   * @param {Row} row
   * @param {Shown} shown
   * @param {HTMLElement} remove
   */
  #rename(row, shown, remove) {
    if (this.state.rename(row, shown.key.value)) {
      const control = this.#make(row.state);
      shown.control.element.replaceWith(control.element);
      shown.control = control;
      this.show();
    }
    this.#name(row, shown, remove);
  }

  /**
   * @param {Row} row
   * @param {Shown} shown
   * @param {HTMLElement} remove
   */
  #name({ key }, { control }, remove) {
    control.setLabel(key === "" ? "Value" : `Value of ${key}`);
    control.moved();
    remove.setAttribute("aria-label", key === "" ? "Remove this row" : `Remove ${key.slice(0, 200)}`);
  }

  #addRow() {
    const row = this.state.addRow();
    this.state.become("set");
    this.#shown.get(row)?.key.focus();
    this.tell();
  }

  /** @param {Row} row */
  #remove(row) {
    const index = this.state.rows.indexOf(row);
    this.state.removeRow(index);
    const next = this.state.rows[index] ?? this.state.rows[index - 1];
    const target = next === undefined ? this.#add : this.#shown.get(next)?.key;
    target?.focus();
    if (document.activeElement !== target) this.focusInside();
    this.tell();
  }
}
