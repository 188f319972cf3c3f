// Which kind of field a schema is: what decides how its value is asked for, and how it is told in a table.

import { alternativesOf, constantsOf } from "./alternatives.js";

/** @typedef {import("./follow.js").Schema} Schema */

/**
 * `numbers` is a row of numbers, `grid` rows and columns of them that can be drawn, `file` bytes in base64, `never` what
 * no value fits; `any` is what no control is made for.
 *
 * @typedef {"text" | "number" | "boolean" | "choice" | "object" | "list" | "tuple" | "numbers" | "grid" | "file"
 *   | "alternatives" | "never" | "any"} Kind
 */

/** @type {Readonly<Record<string, Kind>>} */
const KINDS = Object.freeze({ number: "number", integer: "number", string: "text", boolean: "boolean", null: "choice", object: "object" });

/** More rows than this are written as JSON, or as a row of numbers. */
const MOST_ROWS = 16;

/**
 * @param {Schema} schema with its references followed
 * @param {boolean} isGrid
 * @param {(part: Schema | boolean) => Schema} follow
 * @returns {Kind}
 */
export function kindOf(schema, isGrid, follow) {
  if (isGrid) return "grid";
  if (typeof schema.$ref === "string" || "x-tensor" in schema) return "any";
  if (isNever(schema)) return "never";
  if (isChoice(schema)) return "choice";
  return alternativesOf(schema).length > 0 ? "alternatives" : kindOfType(schema, follow);
}

/**
 * @param {Schema} schema
 * @param {(part: Schema | boolean) => Schema} follow
 * @returns {Kind}
 */
function kindOfType(schema, follow) {
  const type = typeOf(schema);
  if (type === "array") return kindOfArray(schema, follow);
  return type === "string" && isFile(schema) ? "file" : (KINDS[type] ?? "any");
}

/** @param {Schema} schema */
function isChoice(schema) {
  return Array.isArray(schema.enum) || "const" in schema || constantsOf(schema) !== null;
}

/** @param {Schema} schema */
function typeOf({ type, properties }) {
  if (Array.isArray(type)) return type.length === 1 ? type[0] : undefined;
  return type ?? (Object.keys(properties ?? {}).length > 0 ? "object" : undefined);
}

/** @param {Schema} schema */
function isNever({ not, type, enum: choices }) {
  return (
    not === true ||
    (typeof not === "object" && not !== null && Object.keys(not).length === 0) ||
    [type, choices].some((list) => Array.isArray(list) && list.length === 0)
  );
}

/** @param {Schema} schema */
function isFile({ contentEncoding }) {
  return typeof contentEncoding === "string" && contentEncoding.toLowerCase() === "base64";
}

/**
 * @param {Schema} schema
 * @param {(part: Schema | boolean) => Schema} follow
 * @returns {Kind}
 */
function kindOfArray({ prefixItems, items, minItems = 0, maxItems = Infinity }, follow) {
  if (prefixItems?.length > 0) return "tuple";
  if (typeof items !== "object") return "any";
  const inner = follow(items);
  if (isNumber(inner) && maxItems > MOST_ROWS) return "numbers";
  // Numbers upon numbers are pasted, not typed row by row.
  const isNested = inner.type === "array" && isOfNumbers(follow(inner.items ?? true));
  return minItems > MOST_ROWS || isNested ? "any" : "list";
}

/** @param {Schema} schema */
function isNumber(schema) {
  return (schema.type === "number" || schema.type === "integer") && !isChoice(schema);
}

/** @param {Schema} schema */
function isOfNumbers({ type }) {
  return type === "number" || type === "integer" || type === "array";
}
