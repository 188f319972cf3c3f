// Fields as the rows of one table: nested parts follow what they are part of.

import { shape } from "./constraints.js";

/** @typedef {import("./fields.js").Field} Field */

/**
 * @typedef {object} Row
 * @property {string[]} path the names that lead to the value; `[]` stands for each item of an array
 * @property {string} type
 * @property {boolean | null} required null where the word means nothing: items of arrays
 * @property {string[]} constraints
 * @property {string} title
 * @property {string} description
 */

/**
 * The rows below a field; one row for the field itself when it has no parts with names.
 *
 * @param {Field} field
 * @returns {Row[]}
 */
export function rows(field) {
  const below = parts(field, []);
  return below.length > 0 ? below : [row(field, [], null)];
}

/**
 * @param {Field} field
 * @param {string[]} path
 * @returns {Row[]}
 */
function parts(field, path) {
  // A field that contains itself is told once.
  if (field.isRecursive) return [];
  return [
    ...field.properties.flatMap(({ name, required, field: part }) => whole(part, [...path, name], required)),
    ...field.prefix.flatMap((part, index) => whole(part, [...path, `[${index}]`], null)),
    ...(field.items && field.schema.items ? itemRows(field.items, [...path, "[]"]) : []),
    ...(field.kind === "object" && typeof field.schema.additionalProperties === "object" ? whole(/** @type {Field} */ (field.additional("")), [...path, "*"], null) : []),
    ...field.options.flatMap(({ field: option, label }) => optionRows(option, [...path, `(${label})`])),
  ];
}

/**
 * @param {Field} field
 * @param {string[]} path
 * @param {boolean | null} required
 */
function whole(field, path, required) {
  return [row(field, path, required), ...parts(field, path)];
}

/**
 * Items that are plain values are told by the type of their array already, unless there is more to say.
 *
 * @param {Field} items
 * @param {string[]} path
 */
function itemRows(items, path) {
  const telling = items.title || items.description || items.constraints.length > 0;
  return telling || parts(items, path).length > 0 ? whole(items, path, null) : [];
}

/**
 * An alternative that is a plain value is told by the type of the whole already.
 *
 * @param {Field} option
 * @param {string[]} path
 */
function optionRows(option, path) {
  return parts(option, path).length > 0 ? whole(option, path, null) : [];
}

/**
 * @param {Field} field
 * @param {string[]} path
 * @param {boolean | null} required
 * @returns {Row}
 */
function row({ type, constraints, schema, title, description }, path, required) {
  return { path, type, required, constraints: [...constraints, ...shape(schema)], title, description };
}
