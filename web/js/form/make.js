// Which control a state gets.

import { AlternativesControl, BooleanControl, choiceControl } from "./choices.js";
import { Deferred } from "./deferred.js";
import { Group } from "./group.js";
import { ListControl } from "./list.js";
import { ObjectControl } from "./object.js";
import { JsonControl, NumberControl, NumbersControl, TextControl } from "./text.js";

/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {import("../schema/kinds.js").Kind} Kind */

/** What few forms have is loaded with the first that has it. */
const loadDrawing = () => import("./drawing.js").then(({ DrawingControl }) => DrawingControl);
const loadFile = () => import("./file.js").then(({ FileControl }) => FileControl);

/** @type {Readonly<Record<Kind, (state: any, make: MakeControl) => Control>>} */
const CONTROLS = Object.freeze({
  text: (state) => new TextControl(state),
  number: (state) => new NumberControl(state),
  numbers: (state) => new NumbersControl(state),
  boolean: (state) => new BooleanControl(state),
  choice: choiceControl,
  alternatives: (state, make) => new AlternativesControl(state, make),
  object: (state, make) => new ObjectControl(state, make),
  list: (state, make) => new ListControl(state, make),
  tuple: (state, make) => new ListControl(state, make),
  grid: (state) => new Deferred(state, loadDrawing),
  file: (state) => new Deferred(state, loadFile),
  never: (state) => new NeverControl(state),
  any: (state) => new JsonControl(state),
});

/** @type {MakeControl} */
export function makeControl(state) {
  return CONTROLS[state.field.kind](state, makeControl);
}

/** For what can have no value. */
class NeverControl extends Group {
  /** @param {import("./state/state.js").State} state */
  constructor(state) {
    super(state, "field");
    this.body.append("No value is allowed here.");
  }
}
