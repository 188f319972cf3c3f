// What the validator finds wrong → faults in words, as the service says them.

import { join, resolve } from "./pointer.js";

/** @typedef {import("../client/errors.js").Fault} Fault */
/** @typedef {import("./follow.js").Schema} Schema */

/**
 * @typedef {object} Unit one thing that the validator says
 * @property {string} keyword
 * @property {string} keywordLocation a path through the schema, over its references
 * @property {string} instanceLocation
 * @property {string} error
 */

/** These only say that something below them is wrong. */
const WRAPPERS = new Set(
  "$ref $dynamicRef properties patternProperties additionalProperties unevaluatedProperties items prefixItems unevaluatedItems allOf if dependentSchemas".split(" "),
);
const LONGEST = 200;
const MOST = 100;

/**
 * @param {readonly Unit[]} units
 * @param {Schema} root
 * @param {unknown} document
 * @param {(pointer: string) => number | undefined} chosen which alternative is meant for the value there, where that is known
 * @returns {Fault[]}
 */
export function faultsOf(units, root, document, chosen) {
  const left = units.filter(({ keyword }) => !WRAPPERS.has(keyword));
  const faults = meant(left, root, document, chosen).flatMap((unit) => explained(unit, root, document));
  const unique = new Map(faults.map((fault) => [`${fault.path} ${fault.message}`, fault]));
  return [...unique.values()].slice(0, MOST);
}

/**
 * Without what is wrong with alternatives that were not meant.
 *
 * @param {readonly Unit[]} units
 * @param {Schema} root
 * @param {unknown} document
 * @param {(pointer: string) => number | undefined} chosen
 */
function meant(units, root, document, chosen) {
  let left = [...units];
  // Outer alternatives come first.
  for (const unit of units) {
    if (!["anyOf", "oneOf", "contains", "not", "propertyNames"].includes(unit.keyword) || !left.includes(unit)) continue;
    const { keywordLocation: location, instanceLocation } = unit;
    const below = left.filter((one) => one !== unit && one.keywordLocation.startsWith(`${location}/`) && isAtOrBelow(one, unit));
    const isChoice = unit.keyword === "anyOf" || unit.keyword === "oneOf";
    const branch = isChoice ? (chosen(pointerOf(instanceLocation)) ?? likelyBranch(below, unit, keywordAt(root, location))) : -1;
    const kept = below.filter((one) => one.keywordLocation.startsWith(`${location}/${branch}/`));
    left = left.filter((one) => !below.includes(one) || kept.includes(one));
    if (kept.length > 0) left = left.filter((one) => one !== unit);
  }
  return left;
}

/**
 * The one alternative that is not of another type, and whose constants are those of the value; -1 where that is none, or several.
 *
 * @param {readonly Unit[]} below
 * @param {Unit} unit
 * @param {unknown} branches
 */
function likelyBranch(below, { keywordLocation, instanceLocation }, branches) {
  const indices = Array.isArray(branches) ? [...branches.keys()] : [];
  /** @param {number} index @param {(one: Unit) => boolean} is */
  const has = (index, is) => below.some((one) => one.keywordLocation.startsWith(`${keywordLocation}/${index}/`) && is(one));
  const ofType = indices.filter((index) => !has(index, (one) => one.keyword === "type" && one.instanceLocation === instanceLocation));
  const told = ofType.filter((index) => !has(index, (one) => one.keyword === "const" || one.keyword === "enum"));
  const candidates = told.length > 0 ? told : ofType;
  return candidates.length === 1 ? candidates[0] : -1;
}

/**
 * @param {Unit} one
 * @param {Unit} unit
 */
function isAtOrBelow(one, unit) {
  return one.instanceLocation === unit.instanceLocation || one.instanceLocation.startsWith(`${unit.instanceLocation}/`);
}

/**
 * @param {Unit} unit
 * @param {Schema} root
 * @param {unknown} document
 * @returns {Fault[]}
 */
function explained(unit, root, document) {
  const path = pointerOf(unit.instanceLocation);
  const wanted = unit.keyword === "false" ? false : keywordAt(root, unit.keywordLocation);
  if (unit.keyword === "required" && Array.isArray(wanted)) {
    const object = resolve(document, path) ?? {};
    return wanted.filter((name) => !Object.hasOwn(object, name)).map((name) => ({ path: join(path, name), message: "is required" }));
  }
  return [{ path, message: WORDS[unit.keyword]?.(wanted, unit) ?? "does not fit the schema" }];
}

/** @type {Readonly<Record<string, (wanted: any, unit: Unit) => string>>} */
const WORDS = Object.freeze({
  type: (types) => `must be ${either([types].flat().map((type) => TYPES[type] ?? type))}`,
  enum: (choices) => `must be ${either(choices.map(shown))}`,
  const: (value) => `must be ${shown(value)}`,
  minimum: (limit) => `must be at least ${limit}`,
  maximum: (limit) => `must be at most ${limit}`,
  exclusiveMinimum: (limit) => `must be more than ${limit}`,
  exclusiveMaximum: (limit) => `must be less than ${limit}`,
  multipleOf: (step) => `must be a multiple of ${step}`,
  minLength: (limit) => atLeast(limit, "character"),
  maxLength: (limit) => `must have at most ${counted(limit, "character")}`,
  minItems: (limit) => atLeast(limit, "item"),
  maxItems: (limit) => `must have at most ${counted(limit, "item")}`,
  minProperties: (limit) => atLeast(limit, "key"),
  maxProperties: (limit) => `must have at most ${counted(limit, "key")}`,
  uniqueItems: () => "must not have the same item twice",
  pattern: (pattern) => `must match the pattern ${cut(String(pattern))}`,
  format: (format) => `must be ${FORMATS[format] ?? `of the format ${cut(String(format))}`}`,
  contains: () => "does not have enough of the items that are asked for",
  minContains: () => "does not have enough of the items that are asked for",
  maxContains: () => "has too many of the items that are asked for",
  not: () => "is not allowed here",
  false: () => "is not expected",
  propertyNames: () => "has a key whose name does not fit",
  dependentRequired: (_, { error }) => `lacks a key that another one asks for: ${cut(error)}`,
  anyOf: (forms) => `fits none of the ${forms?.length ?? ""} forms that are allowed here`,
  oneOf: (forms, { error }) =>
    / \(0 matches\)/.test(error)
      ? `fits none of the ${forms?.length ?? ""} forms that are allowed here`
      : "fits more than one of the forms of which one is allowed here",
});

const TYPES = Object.freeze(
  /** @type {Record<string, string>} */ ({
    null: "null",
    boolean: "true or false",
    integer: "a whole number",
    number: "a number",
    string: "a text",
    array: "an array",
    object: "an object",
  }),
);

const FORMATS = Object.freeze(
  /** @type {Record<string, string>} */ ({
    date: "a date, like 2026-01-31",
    "date-time": "a date and time with an offset, like 2026-01-31T12:00:00Z",
    time: "a time with an offset, like 12:00:00Z",
    duration: "a duration, like PT1H30M",
    email: "an email address",
    hostname: "a host name",
    ipv4: "an IPv4 address",
    ipv6: "an IPv6 address",
    uri: "an absolute URL",
    uuid: "a UUID",
    regex: "a regular expression",
  }),
);

/** @param {string} location as the validator writes it: a JSON Pointer in a URI fragment */
function pointerOf(location) {
  return decodeURIComponent(location.slice(1));
}

/**
 * The value of the keyword that stands at the end of a path over references; undefined where that cannot be found.
 *
 * @param {Schema} root
 * @param {string} location
 */
function keywordAt(root, location) {
  /** @type {any} */
  let part = root;
  for (const token of pointerOf(location).split("/").slice(1)) {
    if (typeof part !== "object" || part === null) return undefined;
    part = part[token.replaceAll("~1", "/").replaceAll("~0", "~")];
    if (token === "$ref" && typeof part === "string" && part.startsWith("#")) part = resolve(root, decodeURIComponent(part.slice(1)));
  }
  return part;
}

/** @param {string[]} words */
function either(words) {
  const few = words.slice(0, 12);
  const more = words.length > few.length ? ` … (${words.length} in all)` : "";
  if (few.length < 2 || more) return few.join(", ") + more;
  return `${few.slice(0, -1).join(", ")} or ${few.at(-1)}`;
}

/**
 * @param {number} limit
 * @param {string} noun
 */
function counted(limit, noun) {
  return `${limit} ${limit === 1 ? noun : `${noun}s`}`;
}

/**
 * @param {number} limit
 * @param {string} noun
 */
function atLeast(limit, noun) {
  return limit === 1 ? "must not be empty" : `must have at least ${counted(limit, noun)}`;
}

/** @param {unknown} value */
function shown(value) {
  return cut(JSON.stringify(value));
}

/** @param {string} text */
function cut(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
