// Which control a state gets.

import { AlternativesControl, BooleanControl, choiceControl } from "./choices.js";
import { Deferred } from "./deferred.js";
import { Group } from "./group.js";
import { ListControl } from "./list.js";
import { ObjectControl } from "./object.js";
import { JsonControl, NumberControl, NumbersControl, TextControl } from "./text.js";
import { widgetFor } from "../widgets.js";
import { WidgetControl } from "./widget.js";

/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {import("../schema/kinds.js").Kind} Kind */
/** @typedef {import("../widgets.js").WidgetEntry} WidgetEntry */

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

/**
 * @param {readonly WidgetEntry[]} widgets that the schema may ask for
 * @param {Schema | boolean} root the whole schema
 * @returns {MakeControl}
 */
export function controlMaker(widgets, root) {
  /** @type {MakeControl} */
  const make = (state) => {
    const generic = () => CONTROLS[state.field.kind](state, make);
    const widget = widgetFor(widgets, "input", state.field.schema, state.parent === null);
    return widget === undefined ? generic() : new WidgetControl(state, widget, root, generic);
  };
  return make;
}

/** For what can have no value. */
class NeverControl extends Group {
  /** @param {import("./state/state.js").State} state */
  constructor(state) {
    super(state, "field");
    this.body.append("No value is allowed here.");
  }
}
