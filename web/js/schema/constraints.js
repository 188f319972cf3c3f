// What a schema asks of a value beyond its type, in words.

/** @typedef {import("./follow.js").Schema} Schema */

/**
 * @param {Schema} schema
 * @returns {string[]}
 */
export function constraints(schema) {
  return [
    ...range(schema),
    ...count(schema.minLength, schema.maxLength, "character"),
    ...count(schema.minItems, schema.maxItems, "item"),
    ...count(schema.minProperties, schema.maxProperties, "key"),
    ...said(schema.multipleOf, (step) => `multiple of ${step}`),
    ...said(schema.pattern, (pattern) => `matches ${pattern}`),
    ...said(schema.contentMediaType, (type) => `holds ${type}`),
    ...said(schema.contentEncoding, (encoding) => `encoded as ${encoding}`),
    ...(schema.uniqueItems === true ? ["no two alike"] : []),
    ...("default" in schema ? [`default ${json(schema.default)}`] : []),
  ];
}

/**
 * What a form tells by its own shape, and a table must tell in words: the choices, and that there are no other keys.
 *
 * @param {Schema} schema
 * @returns {string[]}
 */
export function shape(schema) {
  return [
    ...(Array.isArray(schema.enum) ? [`one of ${schema.enum.map(json).join(", ")}`] : []),
    ...("const" in schema ? [`always ${json(schema.const)}`] : []),
    ...(schema.additionalProperties === false ? ["no other keys"] : []),
  ];
}

/** @param {Schema} schema */
function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, "x-unit": unit }) {
  const suffix = typeof unit === "string" ? ` ${unit}` : "";
  if (minimum !== undefined && maximum !== undefined) return [`${minimum} to ${maximum}${suffix}`];
  return [
    ...said(minimum, (bound) => `at least ${bound}${suffix}`),
    ...said(exclusiveMinimum, (bound) => `more than ${bound}${suffix}`),
    ...said(maximum, (bound) => `at most ${bound}${suffix}`),
    ...said(exclusiveMaximum, (bound) => `less than ${bound}${suffix}`),
  ];
}

/**
 * @param {number | undefined} least
 * @param {number | undefined} most
 * @param {string} noun
 */
function count(least, most, noun) {
  const nouns = (least === most || least === undefined ? most : (most ?? least)) === 1 ? noun : `${noun}s`;
  if (least === most) return said(least, (number) => `${number} ${nouns}`);
  if (least === undefined) return [`at most ${most} ${nouns}`];
  if (most === undefined) return least === 0 ? [] : [`at least ${least} ${nouns}`];
  return [least === 0 ? `at most ${most} ${nouns}` : `${least} to ${most} ${nouns}`];
}

/**
 * @template T
 * @param {T | undefined} value
 * @param {(value: T) => string} words
 * @returns {string[]}
 */
function said(value, words) {
  return value === undefined ? [] : [words(value)];
}

/** @param {unknown} value */
function json(value) {
  return JSON.stringify(value);
}
