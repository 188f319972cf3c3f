// The page's own check of an input, before it is sent: by the vendored validator.
// Both are loaded when somebody begins to use a form (`ready` of `form/editor.js`).

import { faultsOf } from "./fault-words.js";
import { FORMATS, isPattern } from "./formats.js";

/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("./follow.js").Schema} Schema */
/** @typedef {typeof import("@cfworker/json-schema")} Library */
/** @typedef {(document: unknown, chosen: (pointer: string) => number | undefined) => Fault[]} Check no faults: it is valid */

/**
 * @param {Schema | boolean} schema
 * @returns {Promise<Check | null>} null where the schema is not one that it knows: then the service alone judges
 */
export async function loadChecker(schema) {
  const library = /** @type {Library} */ (await import("/vendor/cfworker-json-schema/index.js"));
  try {
    return makeChecker(schema, library);
  } catch {
    return null;
  }
}

/**
 * @param {Schema | boolean} schema
 * @param {Library} library
 * @returns {Check}
 */
export function makeChecker(schema, { Validator, format }) {
  // The strictest of both judges: what passes here, the service takes.
  for (const [name, fits] of Object.entries(FORMATS)) format[name] = fits;
  // A copy, as the validator leaves marks in what it is given.
  const known = withoutUnknown(structuredClone(typeof schema === "boolean" ? (schema ? {} : { not: {} }) : schema));
  const validator = new Validator(known, "2020-12", false);
  return (document, chosen) => {
    const { valid, errors } = validator.validate(document);
    return valid ? [] : faultsOf(errors, known, document, chosen);
  };
}

const DATA = new Set(["const", "enum", "default", "examples"]);

/**
 * Without patterns that are not of JavaScript's kind: the service judges by them.
 *
 * @template T
 * @param {T} part
 * @returns {T}
 */
function withoutUnknown(part) {
  if (typeof part !== "object" || part === null) return part;
  const object = /** @type {Record<string, any>} */ (part);
  if (typeof object.pattern === "string" && !isPattern(object.pattern)) delete object.pattern;
  if (typeof object.patternProperties === "object") {
    for (const pattern of Object.keys(object.patternProperties ?? {})) if (!isPattern(pattern)) delete object.patternProperties[pattern];
  }
  for (const [keyword, inner] of Object.entries(object)) if (!DATA.has(keyword)) withoutUnknown(inner);
  return part;
}
