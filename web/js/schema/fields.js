// A JSON Schema 2020-12 as fields: what a form or a table needs to know of each part, and nothing of how it looks.

import { constraints } from "./constraints.js";
import { followed } from "./follow.js";
import { typeInWords } from "./types.js";

/** @typedef {import("./follow.js").Schema} Schema */
/** @typedef {import("./follow.js").Followed} Followed */

/**
 * `any` is what no control is made for: alternatives, maps, recursion, schemas without a type.
 *
 * @typedef {"text" | "number" | "boolean" | "choice" | "object" | "list" | "tuple" | "any"} Kind
 */

/**
 * @typedef {object} Field
 * @property {Kind} kind
 * @property {string} title empty where the schema has none
 * @property {string} description
 * @property {string} unit empty where the schema says none
 * @property {string} type in words: `number`, `array of string`, `string or null`
 * @property {string[]} constraints in words
 * @property {boolean} nullable
 * @property {Schema} schema with references followed
 * @property {unknown[]} choices of a `choice`
 * @property {Property[]} properties of an `object`
 * @property {Field[]} prefix of a `tuple`: its items one by one
 * @property {Field | null} items of a `list`: what each item is
 */

/** @typedef {{name: string, required: boolean, field: Field}} Property */

/**
 * @param {Schema | boolean} schema
 * @param {Schema | boolean} [root] the document that references count from
 * @param {readonly string[]} [trail] the references that led here, so that a recursive schema ends
 * @returns {Field}
 */
export function describe(schema, root = schema, trail = []) {
  const found = followed(schema, root, trail);
  const kind = kindOf(found);
  /** @param {Schema | boolean} part */
  const below = (part) => describe(part, root, found.trail);
  /** @type {Field} */
  const field = {
    kind,
    title: text(found.schema.title),
    description: text(found.schema.description),
    unit: text(found.schema["x-unit"]),
    type: "",
    constraints: constraints(found.schema),
    nullable: found.nullable,
    schema: found.schema,
    choices: kind === "choice" ? (found.schema.enum ?? [found.schema.const]) : [],
    properties: kind === "object" ? properties(found.schema, below) : [],
    prefix: kind === "tuple" ? found.schema.prefixItems.map(below) : [],
    items: kind === "list" ? below(found.schema.items) : null,
  };
  field.type = typeInWords(field, found.isRecursive, (part) => below(part).type);
  return field;
}

/**
 * @param {Schema} schema
 * @param {(part: Schema | boolean) => Field} below
 * @returns {Property[]}
 */
function properties(schema, below) {
  const required = new Set(schema.required);
  return Object.entries(schema.properties).map(([name, part]) => ({
    name,
    required: required.has(name),
    field: below(part),
  }));
}

const ALTERNATIVES = ["$ref", "allOf", "anyOf", "oneOf", "not", "if"];

/** @type {Readonly<Record<string, Kind>>} */
const KINDS = Object.freeze({ number: "number", integer: "number", string: "text", boolean: "boolean" });

/**
 * @param {Followed} found
 * @returns {Kind}
 */
function kindOf({ schema, isRecursive }) {
  if (isRecursive) return "any";
  // An object with properties is a form whatever else is said of it; the service judges what comes out.
  if (isObject(schema)) return "object";
  if (ALTERNATIVES.some((keyword) => keyword in schema)) return "any";
  if (schema.enum?.length > 0 || "const" in schema) return "choice";
  if (schema.type === "array") return kindOfArray(schema);
  return KINDS[schema.type] ?? "any";
}

/** @param {Schema} schema */
function isObject(schema) {
  return (schema.type === "object" || schema.type === undefined) && Object.keys(schema.properties ?? {}).length > 0;
}

const MOST_ROWS = 16;

/**
 * @param {Schema} schema
 * @returns {Kind}
 */
function kindOfArray({ prefixItems, items, minItems = 0, maxItems }) {
  if (prefixItems?.length > 0) return items === false || maxItems === prefixItems.length ? "tuple" : "any";
  // Numbers upon numbers are pasted, not typed row by row.
  return typeof items === "object" && items.type !== "array" && minItems <= MOST_ROWS ? "list" : "any";
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : "";
}
