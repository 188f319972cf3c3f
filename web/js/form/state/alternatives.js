// The state of a choice between alternatives: what was entered in one is there again when it is chosen again.

import { accepts } from "../../schema/accepts.js";
import { ABSENT, State } from "./state.js";

/** @typedef {import("./state.js").Fault} Fault */
/** @typedef {import("./state.js").MakeState} MakeState */
/** @typedef {import("./state.js").Place} Place */
/** @typedef {import("../../schema/fields.js").Field} Field */

export class AlternativesState extends State {
  #make;
  /** @type {Map<number, State>} */
  #states = new Map();
  chosen = -1;

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

  /** @returns {State | null} of what is chosen */
  get current() {
    return this.presence === "set" && this.chosen >= 0 ? this.#state(this.chosen) : null;
  }

  /** @override */
  get parts() {
    return this.current === null ? [] : [this.current];
  }

  /** @param {number} index -1 is none */
  choose(index) {
    const known = this.#states.has(index);
    const before = this.current?.read();
    this.chosen = index;
    this.presence = index < 0 ? "absent" : "set";
    if (!known && index >= 0 && before !== undefined) this.#carryOver(before);
    this.changed();
  }

  /** @override @param {unknown} value */
  write(value) {
    // A null that an alternative has of its own is that alternative's.
    const isOwn = value === null && !this.field.nullable;
    if (!isOwn) super.write(value);
    else {
      this.presence = "set";
      this.fill(value);
      this.changed();
    }
  }

  /** @override @param {Fault[]} faults */
  content(faults) {
    const { current } = this;
    return current === null ? ABSENT : current.read(faults);
  }

  /** @override @param {unknown} value */
  fill(value) {
    const { options } = this.field;
    const fitting = options.findIndex(({ field }) => accepts(field, value));
    this.chosen = fitting >= 0 ? fitting : Math.max(this.chosen, 0);
    this.#state(this.chosen).write(value);
  }

  /** @override */
  empty() {
    this.#states.clear();
    this.chosen = -1;
    if (this.mayBeAbsent || (this.field.isRecursive && !this.place.item)) return;
    this.chosen = this.field.options.findIndex(({ field }) => !field.isRecursive);
    if (this.chosen >= 0) this.presence = "set";
  }

  /** @override */
  pack() {
    return { chosen: this.chosen, states: [...this.#states].map(([index, state]) => [index, state.save()]) };
  }

  /** @override @param {any} content */
  unpack(content) {
    const isOption = (/** @type {unknown} */ index) => Number.isInteger(index) && Number(index) < this.field.options.length;
    this.#states.clear();
    for (const [index, saved] of Array.isArray(content?.states) ? content.states : []) {
      if (isOption(index)) this.#state(index).load(saved);
    }
    this.chosen = isOption(content?.chosen) ? content.chosen : -1;
  }

  /** @param {number} index */
  #state(index) {
    const known = this.#states.get(index);
    if (known !== undefined) return known;
    const { field } = this.field.options[index];
    const state = this.#make(field, { label: this.place.label, required: true, item: true }, this);
    this.#states.set(index, state);
    return state;
  }

  /**
   * What two alternatives both have is not asked for twice.
   *
   * @param {unknown} before
   */
  #carryOver(before) {
    const field = this.field.options[this.chosen].field;
    if (accepts(field, before)) this.#state(this.chosen).write(before);
    else if (field.kind === "object" && typeof before === "object" && before !== null) {
      const entries = Object.entries(before);
      const shared = field.properties.flatMap(({ name, field: part }) =>
        entries.filter(([key, value]) => key === name && accepts(part, value)),
      );
      const state = this.#state(this.chosen);
      for (const { key, state: part } of /** @type {import("./object.js").ObjectState} */ (state).named) {
        const entry = shared.find(([name]) => name === key);
        if (entry !== undefined) part.write(entry[1]);
      }
    }
  }
}
