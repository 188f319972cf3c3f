// Which state a field gets.

import { AlternativesState } from "./alternatives.js";
import { GridState } from "./grid.js";
import { ListState } from "./list.js";
import { ObjectState } from "./object.js";
import { BooleanState, ChoiceState, FileState, JsonState, NumberState, NumbersState, TextState } from "./scalars.js";
import { NeverState } from "./state.js";

/** @typedef {import("./state.js").MakeState} MakeState */
/** @typedef {import("./state.js").Place} Place */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("../../schema/fields.js").Field} Field */
/** @typedef {import("../../schema/kinds.js").Kind} Kind */

/** @type {Readonly<Record<Kind, new (field: Field, place: Place, parent: State | null, make: MakeState) => State>>} */
const STATES = Object.freeze({
  text: TextState,
  number: NumberState,
  boolean: BooleanState,
  choice: ChoiceState,
  object: ObjectState,
  list: ListState,
  tuple: ListState,
  numbers: NumbersState,
  grid: GridState,
  file: FileState,
  alternatives: AlternativesState,
  never: NeverState,
  any: JsonState,
});

/** @type {MakeState} */
export function makeState(field, place, parent) {
  const state = new STATES[field.kind](field, place, parent, makeState);
  state.reset();
  return state;
}
