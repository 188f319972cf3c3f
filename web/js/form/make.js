// Which control a field gets.

import { ListControl, ObjectControl, TupleControl } from "./groups.js";
import { JsonControl } from "./json.js";
import { NullableControl } from "./nullable.js";
import { BooleanControl, ChoiceControl, NumberControl, TextControl } from "./scalars.js";

/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {import("./control.js").Place} Place */
/** @typedef {import("../schema/fields.js").Field} Field */
/** @typedef {import("../schema/fields.js").Kind} Kind */

/** @type {Readonly<Record<Kind, new (field: Field, place: Place, make: MakeControl) => Control>>} */
const CONTROLS = Object.freeze({
  text: TextControl,
  number: NumberControl,
  boolean: BooleanControl,
  choice: ChoiceControl,
  object: ObjectControl,
  list: ListControl,
  tuple: TupleControl,
  any: JsonControl,
});

/** @type {MakeControl} */
export function makeControl(field, place) {
  // Whoever writes JSON can write null.
  const kind = field.nullable && field.kind !== "any" ? NullableControl : CONTROLS[field.kind];
  return new kind(field, place, makeControl);
}
