// Which control a state gets.

import { Group } from "./group.js";
import { ObjectControl } from "./object.js";
import { JsonControl, NumberControl, TextControl } from "./text.js";
import { widgetFor } from "../widgets.js";

/** @typedef {import("./control.js").Control} Control */
/** @typedef {import("./control.js").MakeControl} MakeControl */
/** @typedef {import("./state/state.js").State} State */
/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {import("../schema/kinds.js").Kind} Kind */
/** @typedef {import("../widgets.js").WidgetEntry} WidgetEntry */

/** @typedef {Partial<Record<Kind, (state: any, make: MakeControl) => Control>>} Controls */
/** @typedef {(state: State, entry: WidgetEntry, root: Schema | boolean, generic: () => Control) => Control} MakeWidget */

/** @type {Controls} what many forms have; the other kinds come with `rare.js` */
const CONTROLS = {
  text: (state) => new TextControl(state),
  number: (state) => new NumberControl(state),
  object: (state, make) => new ObjectControl(state, make),
  never: (state) => new NeverControl(state),
  any: (state) => new JsonControl(state),
};

/** @type {MakeWidget | null} */
let makeWidget = null;

/**
 * @param {Controls} controls
 * @param {MakeWidget} forWidgets
 */
export function addControls(controls, forWidgets) {
  Object.assign(CONTROLS, controls);
  makeWidget = forWidgets;
}

/**
 * @param {readonly WidgetEntry[]} widgets that the schema may ask for
 * @param {Schema | boolean} root the whole schema
 * @returns {MakeControl}
 */
export function controlMaker(widgets, root) {
  /** @type {MakeControl} */
  const make = (state) => {
    const generic = () => /** @type {NonNullable<Controls[Kind]>} */ (CONTROLS[state.field.kind])(state, make);
    const widget = widgetFor(widgets, "input", state.field.schema, state.parent === null);
    return widget === undefined || makeWidget === null ? generic() : makeWidget(state, widget, root, generic);
  };
  return make;
}

/** For what can have no value. */
class NeverControl extends Group {
  /** @param {State} state */
  constructor(state) {
    super(state, "field");
    this.body.append("No value is allowed here.");
  }
}
