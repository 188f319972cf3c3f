// Which state a field gets.

import { ObjectState } from "./object.js";
import { JsonState, NumberState, TextState } from "./scalars.js";
import { NeverState } from "./state.js";

/** @typedef {import("./state.js").MakeState} MakeState */
/** @typedef {import("./state.js").Place} Place */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("../../schema/fields.js").Field} Field */
/** @typedef {import("../../schema/kinds.js").Kind} Kind */

/** @typedef {new (field: Field, place: Place, parent: State | null, make: MakeState) => State} StateClass */
/** @typedef {Partial<Record<Kind, StateClass>>} States */

/** @type {States} what many forms have; the other kinds come with `../rare.js` */
const STATES = {
  text: TextState,
  number: NumberState,
  object: ObjectState,
  never: NeverState,
  any: JsonState,
};

/** @param {States} states */
export function addStates(states) {
  Object.assign(STATES, states);
}

/** @type {MakeState} */
export function makeState(field, place, parent) {
  const state = new (/** @type {StateClass} */ (STATES[field.kind]))(field, place, parent, makeState);
  state.reset();
  return state;
}
