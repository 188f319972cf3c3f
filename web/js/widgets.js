// The widgets that plugins bring: ES modules, loaded when a schema asks for one.

/** @typedef {import("./schema/follow.js").Schema} Schema */

/**
 * @typedef {object} WidgetEntry as the metadata of a model lists it
 * @property {string} name that a schema gives as `x-widget`
 * @property {"input" | "output"} kind
 * @property {string} module its address
 * @property {boolean} whole whether it is for the whole input or output of this model, whatever the schema says
 */

/**
 * @typedef {object} OutputContext
 * @property {Schema} schema of the value, references followed
 * @property {Schema | boolean} root the document that references in it count from
 * @property {string} label
 */

/**
 * @typedef {object} InputContext
 * @property {Schema} schema
 * @property {Schema | boolean} root
 * @property {string} label
 * @property {unknown} value undefined where there is none yet
 * @property {() => void} onchange to be called whenever `value()` gives something else
 */

/**
 * @typedef {object} InputWidget
 * @property {Node} node
 * @property {() => unknown} value undefined is none
 * @property {(value: unknown) => void} setValue
 * @property {() => void} focus
 */

/** @typedef {(value: unknown, context: OutputContext) => Node} MakeOutput */
/** @typedef {(context: InputContext) => InputWidget} MakeInput */

/**
 * The widget that a schema asks for.
 *
 * @param {readonly WidgetEntry[]} widgets
 * @param {WidgetEntry["kind"]} kind
 * @param {Schema} schema
 * @param {boolean} isWhole whether it is of all of the input or output
 * @returns {WidgetEntry | undefined}
 */
export function widgetFor(widgets, kind, schema, isWhole) {
  const those = widgets.filter((widget) => widget.kind === kind);
  return those.find(({ name }) => name === schema["x-widget"]) ?? (isWhole ? those.find(({ whole }) => whole) : undefined);
}

/**
 * @template {WidgetEntry["kind"]} Kind
 * @param {WidgetEntry} widget
 * @param {Kind} kind
 * @returns {Promise<Kind extends "output" ? MakeOutput : MakeInput>} rejected where its module cannot be loaded, or lacks it
 */
export async function loadWidget({ name, module: address }, kind) {
  const loaded = await import(address);
  if (typeof loaded[kind] !== "function") throw new TypeError(`The widget ${name} exports no function ${kind}.`);
  return loaded[kind];
}
