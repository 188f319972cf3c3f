// Whether a form can be made of what is there, or of kinds that only some forms have: those are loaded before such a form is made.

import { stylesheet } from "../stylesheet.js";

/** @typedef {import("../schema/follow.js").Schema} Schema */

const TYPES = new Set(["string", "number", "integer", "object"]);

/** What a schema may say and still need none of the rare kinds; of anything else it is not known. */
const PLAIN = new Set([
  "type", "title", "description", "default", "examples", "format", "pattern", "minLength", "maxLength", "minimum",
  "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "required", "properties", "additionalProperties", "deprecated",
  "x-unit", "$schema", "$id",
]);

/**
 * @param {Schema | boolean} schema
 * @param {readonly import("../widgets.js").WidgetEntry[]} [widgets] that it may ask for
 * @returns {boolean} whether `loadRareKinds` has to be waited for
 */
export function needsRareKinds(schema, widgets = []) {
  return widgets.some(({ kind, whole }) => kind === "input" && whole) || !isPlain(schema);
}

export async function loadRareKinds() {
  const [rare] = await Promise.all([import("./rare.js"), stylesheet("/css/rare.css")]);
  rare.addRareKinds();
}

/**
 * @param {Schema | boolean} schema
 * @returns {boolean}
 */
function isPlain(schema) {
  if (typeof schema === "boolean") return true;
  const { type = "object", properties = {}, additionalProperties = true } = schema;
  return TYPES.has(type) && Object.keys(schema).every((keyword) => PLAIN.has(keyword)) && [...Object.values(properties), additionalProperties].every(isPlain);
}
