// What a choice between alternatives is: each as a schema of its own, with a name to choose it by.

import { merged } from "./merge.js";

/** @typedef {import("./follow.js").Schema} Schema */

/**
 * @typedef {object} Alternative
 * @property {Schema | boolean} schema all that holds when it is chosen
 * @property {Schema | boolean} own what tells it from the others
 * @property {number} index in the schema's `oneOf` or `anyOf`; -1 where it is a type of several
 */

const NULL = "null";
const OF_THE_WHOLE = ["title", "description", "default", "examples"];

/**
 * The alternatives of a schema, null left out; none where there is but one way.
 *
 * @param {Schema} schema
 * @returns {Alternative[]}
 */
export function alternativesOf(schema) {
  for (const keyword of ["oneOf", "anyOf"]) {
    const alternatives = schema[keyword];
    if (!Array.isArray(alternatives) || alternatives.length < 2) continue;
    const beside = without(schema, keyword, ...OF_THE_WHOLE);
    return alternatives.map((own, index) => ({ schema: joined(own, beside), own, index })).filter(({ own }) => own?.type !== NULL);
  }
  if (!Array.isArray(schema.type) || schema.type.length < 2 || schema.type.length > 4) return [];
  const rest = without(schema, ...OF_THE_WHOLE);
  return schema.type.map((type) => ({ schema: { ...rest, type }, own: { type }, index: -1 }));
}

/**
 * @param {Schema} schema
 * @param {...string} keywords
 * @returns {Schema}
 */
function without(schema, ...keywords) {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
}

/**
 * @param {Schema | boolean} own
 * @param {Schema} beside
 * @returns {Schema | boolean}
 */
function joined(own, beside) {
  if (Object.keys(beside).length === 0) return own;
  if (typeof own === "boolean") return own ? beside : false;
  return "$ref" in own || "allOf" in own ? { allOf: [beside, own] } : merged(beside, own);
}

/**
 * The one values of alternatives that are one each, and what they are called; null where any is more than that.
 *
 * @param {Schema} schema
 * @returns {{value: unknown, label: string}[] | null}
 */
export function constantsOf(schema) {
  const all = schema.oneOf ?? schema.anyOf;
  const alternatives = Array.isArray(all) ? all.filter((one) => one?.type !== NULL || "const" in one) : [];
  if (alternatives.length === 0) return null;
  const constants = alternatives.map((one) => (typeof one === "object" && one !== null && "const" in one ? one : null));
  if (constants.some((one) => one === null)) return null;
  return constants.map((one) => ({ value: one.const, label: typeof one.title === "string" ? one.title : "" }));
}
