// What a schema says once its references are followed and its null is taken out.

import { resolve } from "./pointer.js";

/** @typedef {Record<string, any>} Schema a JSON Schema object; the service has checked that it is one */

/**
 * @typedef {object} Followed
 * @property {Schema} schema
 * @property {boolean} nullable whether null is allowed beside what `schema` says
 * @property {boolean} isRecursive whether it is one of the schemas that it is a part of, and was not followed
 * @property {readonly string[]} trail the references followed so far
 */

/**
 * @param {Schema | boolean} schema
 * @param {Schema | boolean} root the document that references count from
 * @param {readonly string[]} trail
 * @returns {Followed}
 */
export function followed(schema, root, trail) {
  if (typeof schema === "boolean") {
    return { schema: schema ? {} : { not: {} }, nullable: false, isRecursive: false, trail };
  }
  if (typeof schema.$ref === "string") return followReference(schema, root, trail);
  const inner = unwrapped(schema);
  if (inner === null) return { ...withoutNull(schema), isRecursive: false, trail };
  const found = followed(inner.schema, root, trail);
  return { ...found, nullable: found.nullable || inner.nullable };
}

/**
 * @param {Schema} schema
 * @param {Schema | boolean} root
 * @param {readonly string[]} trail
 * @returns {Followed}
 */
function followReference({ $ref: reference, ...beside }, root, trail) {
  const target = reference.startsWith("#") ? resolve(root, decodeURIComponent(reference.slice(1))) : undefined;
  const isRecursive = trail.includes(reference);
  if (isRecursive || typeof target !== "object" || overlap(target, beside)) {
    const { title, description } = typeof target === "object" ? target : {};
    return { schema: { title, description, $ref: reference, ...beside }, nullable: false, isRecursive, trail };
  }
  return followed({ ...target, ...beside }, root, [...trail, reference]);
}

/**
 * The one schema that an `allOf` of one, or an "it or null", is wrapped around; null when there is none.
 *
 * @param {Schema} schema
 * @returns {{schema: Schema, nullable: boolean} | null}
 */
function unwrapped(schema) {
  for (const keyword of ["allOf", "anyOf", "oneOf"]) {
    const { [keyword]: parts, ...beside } = schema;
    if (!Array.isArray(parts)) continue;
    const others = keyword === "allOf" ? parts : parts.filter((part) => part?.type !== "null");
    const [only] = others;
    if (others.length !== 1 || typeof only === "boolean" || overlap(only, beside)) continue;
    return { schema: { ...only, ...beside }, nullable: others.length < parts.length };
  }
  return null;
}

/**
 * @param {Schema} schema
 * @returns {{schema: Schema, nullable: boolean}}
 */
function withoutNull(schema) {
  const { type, enum: choices } = schema;
  if (!Array.isArray(type) || !type.includes("null") || type.length === 1) return { schema, nullable: false };
  const types = type.filter((one) => one !== "null");
  const rest = Array.isArray(choices) ? { enum: choices.filter((choice) => choice !== null) } : {};
  return { schema: { ...schema, ...rest, type: types.length === 1 ? types[0] : types }, nullable: true };
}

const ANNOTATIONS = new Set(["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"]);

/**
 * Whether two schemas that both hold use the same keyword, so that neither may replace the other.
 *
 * @param {Schema} one
 * @param {Schema} other
 */
function overlap(one, other) {
  return Object.keys(one).some((keyword) => keyword in other && !ANNOTATIONS.has(keyword));
}
