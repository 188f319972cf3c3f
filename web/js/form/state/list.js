// The state of an array: first items of a kind each, then items that are alike.

import { join } from "../../schema/pointer.js";
import { ABSENT, State } from "./state.js";

/** @typedef {import("./state.js").Fault} Fault */
/** @typedef {import("./state.js").MakeState} MakeState */
/** @typedef {import("./state.js").Place} Place */
/** @typedef {import("../../schema/fields.js").Field} Field */

const MOST_AT_FIRST = 16;

export class ListState extends State {
  #make;
  /** @type {State[]} */
  items = [];

  /**
   * @param {Field} field
   * @param {Place} place
   * @param {State | null} parent
   * @param {MakeState} make
   */
  constructor(field, place, parent, make) {
    super(field, place, parent);
    this.#make = make;
  }

  /** How many items are of a kind each; they stay where they are. */
  get fixedCount() {
    return this.field.prefix.length;
  }

  /** @override */
  get parts() {
    return this.presence === "set" ? this.items : [];
  }

  /** @override @param {State} part */
  pointerOf(part) {
    return join(this.pointer, this.items.indexOf(part));
  }

  get mayGrow() {
    const { maxItems = Infinity } = this.field.schema;
    return this.field.items !== null && (this.fixedCount === 0 || this.field.isOpen) && this.items.length < maxItems;
  }

  /** One more item at the end. */
  add() {
    this.presence = "set";
    while (this.items.length < this.fixedCount) this.#append();
    const item = this.#append();
    this.changed();
    return item;
  }

  /** @param {State} item */
  remove(item) {
    this.items.splice(this.items.indexOf(item), 1);
    this.changed();
  }

  /**
   * @param {State} item
   * @param {number} step -1 is one place up, 1 one place down
   * @returns {boolean} whether it went there
   */
  move(item, step) {
    const [from, to] = [this.items.indexOf(item), this.items.indexOf(item) + step];
    if (to < this.fixedCount || to >= this.items.length) return false;
    this.items.splice(from, 1);
    this.items.splice(to, 0, item);
    this.changed();
    return true;
  }

  /** @override @param {import("./state.js").Presence} presence */
  become(presence) {
    while (this.items.length < this.fixedCount) this.#append();
    super.become(presence);
  }

  /** @override @param {Fault[]} faults */
  content(faults) {
    const values = this.items.map((item) => item.read(faults));
    // The last of the first items may be left out, if the array may be that short.
    const { minItems = 0 } = this.field.schema;
    while (values.length > minItems && values.length <= this.fixedCount && values.at(-1) === ABSENT) values.pop();
    return values.map((value, index) => {
      if (value !== ABSENT) return value;
      const message = index < this.fixedCount ? "This item is empty: fill it in." : "This item is empty: fill it in or remove it.";
      faults.push({ path: join(this.pointer, index), message });
      return null;
    });
  }

  /** @override @param {unknown} value */
  fill(value) {
    const values = Array.isArray(value) ? value : [];
    this.items = [];
    for (const item of values) this.#append().write(item);
    while (this.items.length < this.fixedCount) this.#append();
  }

  /** @override */
  empty() {
    this.items = [];
    const { minItems = 0 } = this.field.schema;
    const isRecursive = this.field.isRecursive || this.field.items?.isRecursive;
    const count = isRecursive ? 0 : Math.max(this.fixedCount, this.place.required || this.fixedCount > 0 ? minItems : 0);
    for (let index = 0; index < Math.min(count, MOST_AT_FIRST); index += 1) this.#append();
    if (!this.mayBeAbsent && (this.place.item || !this.field.isRecursive)) this.presence = "set";
  }

  /** @override */
  pack() {
    return this.items.map((item) => item.save());
  }

  /** @override @param {any} content */
  unpack(content) {
    this.items = [];
    for (const item of Array.isArray(content) ? content : []) this.#append().load(item);
    while (this.items.length < this.fixedCount) this.#append();
  }

  #append() {
    const { prefix, items } = this.field;
    const index = this.items.length;
    const field = prefix[index] ?? items ?? this.field.never;
    const item = this.#make(field, { label: "", required: true, item: true }, this);
    this.items.push(item);
    return item;
  }
}
