// States of what is chosen: true or false, one of several values.

import { equal } from "../../schema/equal.js";
import { ABSENT, State } from "./state.js";

/** True or false; a box that must be there is false until it is ticked. */
export class BooleanState extends State {
  isTrue = false;

  /** The next of: left out, true, false; as far as it may be each. */
  advance() {
    if (this.presence !== "set") this.#hold(true);
    else if (this.isTrue || !this.mayBeAbsent) this.#hold(!this.isTrue);
    else this.become("absent");
  }

  /** @param {boolean} isTrue */
  #hold(isTrue) {
    this.isTrue = isTrue;
    this.become("set");
  }

  /** @override */
  content() {
    return this.isTrue;
  }

  /** @override @param {unknown} value */
  fill(value) {
    this.isTrue = value === true;
  }

  /** @override */
  empty() {
    this.isTrue = false;
    if (!this.mayBeAbsent) this.presence = "set";
  }

  /** @override */
  pack() {
    return this.isTrue;
  }

  /** @override @param {any} content */
  unpack(content) {
    this.isTrue = content === true;
  }
}

/** One of several values of any kind. */
export class ChoiceState extends State {
  index = -1;

  /** @param {number} index -1 is none of them */
  choose(index) {
    this.index = index;
    this.become(index < 0 ? "absent" : "set");
  }

  /** @override @param {unknown} value */
  write(value) {
    const isChoice = value === null && this.field.choices.includes(null);
    if (!isChoice) super.write(value);
    else this.choose(this.field.choices.indexOf(null));
  }

  /** @override */
  content() {
    return this.index < 0 ? ABSENT : this.field.choices[this.index];
  }

  /** @override @param {unknown} value */
  fill(value) {
    this.index = this.field.choices.findIndex((choice) => equal(choice, value));
    if (this.index < 0) this.presence = "absent";
  }

  /** @override */
  empty() {
    const isSettled = this.place.required && this.field.choices.length === 1;
    this.index = isSettled ? 0 : -1;
    if (isSettled) this.presence = "set";
  }

  /** @override */
  pack() {
    return this.index;
  }

  /** @override @param {any} content */
  unpack(content) {
    this.index = Number.isInteger(content) && content < this.field.choices.length ? content : -1;
  }
}
