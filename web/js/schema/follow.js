// What a schema says once its references are followed, what must hold together is merged, and its null is taken out.

import { merged } from "./merge.js";
import { resolve } from "./pointer.js";

/** @typedef {Record<string, any>} Schema a JSON Schema object; the service has checked that it is one */

/**
 * @typedef {object} Followed
 * @property {Schema} schema
 * @property {boolean} nullable whether null is allowed beside what `schema` says
 * @property {boolean} isRecursive whether it is one of the schemas that it is a part of
 * @property {readonly string[]} trail the references followed so far
 */

const NOTHING = Object.freeze({ not: {} });

/**
 * @param {Schema | boolean} schema
 * @param {Schema | boolean} root the document that references count from
 * @param {readonly string[]} trail
 * @param {readonly string[]} [chain] the references that led here without anything else said on the way
 * @returns {Followed}
 */
export function followed(schema, root, trail, chain = []) {
  const references = new Set(chain);
  const whole = gathered(schema, root, chain, references);
  const { schema: rest, nullable } = withoutNull(whole, root, references);
  const isRecursive = [...references].some((reference) => trail.includes(reference));
  return { schema: rest, nullable, isRecursive, trail: [...new Set([...trail, ...references])] };
}

/**
 * A schema with what it refers to, and what its `allOf` says.
 *
 * @param {Schema | boolean} schema
 * @param {Schema | boolean} root
 * @param {readonly string[]} chain the references that led here
 * @param {Set<string>} references all that were followed
 * @returns {Schema}
 */
function gathered(schema, root, chain, references) {
  if (typeof schema === "boolean") return schema ? {} : NOTHING;
  const { $ref: reference, allOf: parts, ...own } = schema;
  let result = own;
  for (const part of Array.isArray(parts) ? [...parts].reverse() : []) result = merged(gathered(part, root, chain, references), result);
  if (typeof reference !== "string") return result;
  const target = referred(reference, root);
  // A schema that refers to nothing but itself says nothing.
  if (target === undefined || chain.includes(reference)) return { ...result, $ref: reference };
  references.add(reference);
  return merged(gathered(target, root, [...chain, reference], references), result);
}

/**
 * @param {string} reference
 * @param {Schema | boolean} root
 * @returns {Schema | boolean | undefined} undefined where it leads out of the document, or nowhere
 */
export function referred(reference, root) {
  if (!/^#(\/|$)/.test(reference)) return undefined;
  const target = resolve(root, decoded(reference.slice(1)));
  return typeof target === "boolean" || (typeof target === "object" && target !== null) ? target : undefined;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * @param {Schema} schema
 * @param {Schema | boolean} root
 * @param {Set<string>} references
 * @returns {{schema: Schema, nullable: boolean}}
 */
function withoutNull(schema, root, references) {
  if (forbidsNull(schema)) return withoutAlternative(schema, root, references, false);
  const { type, enum: choices } = schema;
  const types = [type].flat().filter((one) => one !== "null");
  if (Array.isArray(type) && type.includes("null") && types.length > 0) {
    const rest = Array.isArray(choices) ? { enum: choices.filter((choice) => choice !== null) } : {};
    const nullable = !Array.isArray(choices) || choices.includes(null);
    return withoutAlternative({ ...schema, ...rest, type: types.length === 1 ? types[0] : types }, root, references, nullable);
  }
  return withoutAlternative(schema, root, references, false);
}

/** @param {Schema} schema */
function forbidsNull({ type }) {
  return type !== undefined && type !== "null" && !(Array.isArray(type) && type.includes("null"));
}

/**
 * A schema whose alternatives are none of them null, and which has none if there is only one.
 *
 * @param {Schema} schema
 * @param {Schema | boolean} root
 * @param {Set<string>} references
 * @param {boolean} nullable
 * @returns {{schema: Schema, nullable: boolean}}
 */
function withoutAlternative(schema, root, references, nullable) {
  for (const keyword of ["oneOf", "anyOf"]) {
    const { [keyword]: alternatives, ...beside } = schema;
    if (!Array.isArray(alternatives)) continue;
    const others = alternatives.filter((alternative) => alternative?.type !== "null");
    const hasNull = others.length < alternatives.length && !forbidsNull(schema);
    if (others.length !== 1) {
      if (hasNull && others.length > 1) return { schema, nullable: true };
      continue;
    }
    const inner = followed(others[0], root, [], [...references]);
    for (const reference of inner.trail) references.add(reference);
    return { schema: merged(inner.schema, beside), nullable: nullable || hasNull || (inner.nullable && !forbidsNull(schema)) };
  }
  return { schema, nullable };
}
