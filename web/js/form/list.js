// The control of an array: rows to add, remove and put in order.

import { button, el } from "../dom.js";
import { OptionalGroup } from "./group.js";

/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {import("./state/list.js").ListState} ListState */
/** @typedef {import("./state/state.js").State} State */
/** @typedef {{element: HTMLElement, control: Control, up: HTMLElement, down: HTMLElement, remove: HTMLElement}} Shown */

/** @extends {OptionalGroup<ListState>} */
export class ListControl extends OptionalGroup {
  #make;
  /** @type {Map<State, Shown>} */
  #shown = new Map();
  #rows = el("ol", { class: "rows" });
  #add = button("Add item", () => this.#addItem(), { class: "quiet add" });
  #said = el("p", { class: "visually-hidden", role: "status" });

  /**
   * @param {ListState} state
   * @param {MakeControl} make
   */
  constructor(state, make) {
    super(state);
    this.#make = make;
    this.body.append(this.#rows);
    this.update();
  }

  /** @override */
  get fillWord() {
    return this.state.fixedCount > 0 ? "Fill in" : "Empty list";
  }

  /** @override */
  build() {
    this.body.append(this.#said);
  }

  /** @override */
  update() {
    const isSet = this.state.presence === "set";
    // Below the rows; or beside what else can be done, while there is nothing.
    if (isSet && this.#add.parentElement !== this.body) this.#rows.after(this.#add);
    if (!isSet && this.#add.parentElement !== this.actions) this.actions.prepend(this.#add);
    this.#add.hidden = !this.state.mayGrow || (!isSet && this.state.fixedCount > 0);
    super.update();
  }

  /** @override */
  show() {
    const { items, fixedCount } = this.state;
    for (const [item, { element }] of this.#shown) {
      if (items.includes(item)) continue;
      element.remove();
      this.#shown.delete(item);
    }
    const shown = items.map((item) => this.#rowOf(item));
    shown.forEach(({ element }, index) => {
      if (this.#rows.children[index] !== element) this.#rows.insertBefore(element, this.#rows.children[index] ?? null);
    });
    this.parts = shown.map(({ control }) => control);
    shown.forEach((row, index) => this.#number(row, index, { first: fixedCount, last: items.length - 1 }));
  }

  /**
   * @param {Shown} row
   * @param {number} index
   * @param {{first: number, last: number}} movable
   */
  #number({ control, up, down, remove }, index, { first, last }) {
    const { prefix, items } = this.field;
    const name = index < first ? prefix[index].title || `Item ${index + 1}` : `${items?.title.slice(0, 200) || "Item"} ${index + 1}`;
    control.setLabel(name);
    control.moved();
    for (const part of [up, down, remove]) part.hidden = index < first;
    up.setAttribute("aria-label", `Move ${name} up`);
    down.setAttribute("aria-label", `Move ${name} down`);
    remove.setAttribute("aria-label", `Remove ${name}`);
    up.toggleAttribute("aria-disabled", index <= first);
    down.toggleAttribute("aria-disabled", index >= last);
    for (const part of [up, down]) if (part.hasAttribute("aria-disabled")) part.setAttribute("aria-disabled", "true");
  }

  /** @param {State} item */
  #rowOf(item) {
    const known = this.#shown.get(item);
    if (known !== undefined) return known;
    const control = this.#make(item);
    const up = button("↑", () => this.#move(item, -1, up), { class: "quiet move" });
    const down = button("↓", () => this.#move(item, 1, down), { class: "quiet move" });
    const remove = button("✕", () => this.#remove(item), { class: "quiet remove" });
    const element = el("li", {}, control.element, el("div", { class: "row-actions" }, up, down, remove));
    element.addEventListener("keydown", (event) => {
      if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown") || event.defaultPrevented) return;
      event.preventDefault();
      this.#move(item, event.key === "ArrowUp" ? -1 : 1, /** @type {HTMLElement} */ (document.activeElement));
    });
    const shown = { element, control, up, down, remove };
    this.#shown.set(item, shown);
    return shown;
  }

  #addItem() {
    const item = this.state.add();
    this.#shown.get(item)?.control.focus();
    this.tell();
  }

  /**
   * @param {State} item
   * @param {number} step
   * @param {HTMLElement} focused
   */
  #move(item, step, focused) {
    if (!this.state.move(item, step)) return;
    // What is put elsewhere in the document loses the focus.
    focused.focus();
    this.#said.textContent = `Now at place ${this.state.items.indexOf(item) + 1} of ${this.state.items.length}.`;
    this.tell();
  }

  /** @param {State} item */
  #remove(item) {
    const index = this.state.items.indexOf(item);
    this.state.remove(item);
    const next = this.state.items[index] ?? this.state.items[index - 1];
    if (next === undefined || next === this.state.items[this.state.fixedCount - 1]) this.#add.focus();
    else this.#shown.get(next)?.control.focus();
    this.tell();
  }
}
