// Whether a value is of a field's form, so that the alternative that was meant can be told. The validator judges the rest.

import { equal } from "./equal.js";
import { FORMATS, isPattern } from "./formats.js";

/** @typedef {import("./fields.js").Field} Field */
/** @typedef {import("./follow.js").Schema} Schema */
/** @typedef {(field: Field, value: any, depth: number) => boolean} Accepts */

/** More alternatives than this within alternatives are not looked into: they may go round in a circle. */
const DEEPEST = 8;

/** @type {Readonly<Record<import("./kinds.js").Kind, Accepts>>} */
const JUDGES = Object.freeze({
  text: isText,
  file: isText,
  number: isNumber,
  boolean: (_, value) => typeof value === "boolean",
  choice: ({ choices }, value) => choices.some((choice) => equal(choice, value)),
  object: isObject,
  list: isList,
  tuple: isList,
  numbers: isList,
  grid: ({ schema }, value) => (Array.isArray(value) ? "x-tensor" in schema || value.length === schema.minItems : "x-tensor" in schema),
  alternatives: ({ options }, value, depth) => depth < DEEPEST && options.some(({ field }) => accepts(field, value, depth + 1)),
  never: () => false,
  any: ({ schema }, value) => [schema.type ?? []].flat().length === 0 || [schema.type].flat().some((type) => isOfType(type, value)),
});

/**
 * @param {Field} field
 * @param {unknown} value
 * @param {number} [depth] of alternatives within alternatives
 * @returns {boolean}
 */
export function accepts(field, value, depth = 0) {
  if (value === null && field.nullable) return true;
  return JUDGES[field.kind](field, value, depth);
}

/** @type {Accepts} */
function isText({ schema: { minLength = 0, maxLength = Infinity, pattern, format } }, value) {
  if (typeof value !== "string") return false;
  const length = [...value].length;
  if (length < minLength || length > maxLength) return false;
  if (typeof pattern === "string" && isPattern(pattern) && !new RegExp(pattern, "u").test(value)) return false;
  return typeof format !== "string" || !Object.hasOwn(FORMATS, format) || FORMATS[format](value);
}

/** @type {Accepts} */
function isNumber({ schema }, value) {
  if (typeof value !== "number" || (schema.type === "integer" && !Number.isInteger(value))) return false;
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema;
  return value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum;
}

/** @type {Accepts} */
function isObject(field, value) {
  if (!isOfType("object", value)) return false;
  const known = new Map(field.properties.map(({ name, field: part }) => [name, part]));
  const required = [field.schema.required ?? []].flat();
  return (
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, part]) => {
      const its = known.get(name) ?? field.additional(name);
      return its !== null && accepts(its, part);
    })
  );
}

/** @type {Accepts} */
function isList({ schema: { minItems = 0, maxItems = Infinity }, prefix, items }, value) {
  if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return false;
  return value.every((item, index) => {
    const field = prefix[index] ?? items;
    return field !== null && field !== undefined && accepts(field, item);
  });
}

/**
 * @param {string} type
 * @param {unknown} value
 */
function isOfType(type, value) {
  if (value === null || Array.isArray(value)) return type === (value === null ? "null" : "array");
  return type === typeof value || (type === "integer" && Number.isInteger(value));
}
