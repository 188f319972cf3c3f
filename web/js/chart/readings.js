// What can be read off the predictions of a source: which of their parts are numbers, yes or no, or the name of the moment.

import { describe } from "../schema/fields.js";

/** @typedef {import("../schema/fields.js").Field} Field */
/** @typedef {import("../schema/follow.js").Schema} Schema */

/**
 * @typedef {object} Reading
 * @property {string | null} key of the prediction; null is the prediction itself
 * @property {string} label
 * @property {string} unit
 * @property {string} scale two readings with the same one are drawn against each other
 */

/**
 * @typedef {object} Readings
 * @property {Reading[]} numbers
 * @property {Reading[]} flags
 * @property {Reading | null} moment a text that names the moment, to put below the chart
 */

const MOST_NUMBERS = 6;

/**
 * @param {Schema | boolean} schema of a prediction
 * @param {unknown} prediction for what the schema does not say
 * @returns {Readings}
 */
export function readingsOf(schema, prediction) {
  const field = describe(schema);
  const parts = field.properties.length > 0 ? field.properties.map(({ name, field: part }) => ofField(name, part)) : guessed(field, prediction);
  /** @param {string} kind */
  const those = (kind) => parts.filter((part) => part.kind === kind).map(({ reading }) => reading);
  return { numbers: those("number").slice(0, MOST_NUMBERS), flags: those("boolean"), moment: those("text")[0] ?? null };
}

/**
 * Readings that share a scale, the largest group first.
 *
 * @param {readonly Reading[]} numbers
 * @returns {Reading[][]}
 */
export function groups(numbers) {
  /** @type {Map<string, Reading[]>} */
  const byScale = new Map();
  for (const reading of numbers) byScale.set(reading.scale, [...(byScale.get(reading.scale) ?? []), reading]);
  return [...byScale.values()].sort((one, other) => other.length - one.length);
}

/**
 * @param {any} prediction
 * @param {Reading} reading
 * @returns {unknown}
 */
export function valueOf(prediction, { key }) {
  if (key === null) return prediction;
  return typeof prediction === "object" && prediction !== null && Object.hasOwn(prediction, key) ? prediction[key] : undefined;
}

/**
 * @param {string} name
 * @param {Field} field
 */
function ofField(name, { kind, title, unit, schema }) {
  const { minimum = "", maximum = "" } = schema;
  return { kind, reading: { key: name, label: title || name, unit, scale: `${unit}|${minimum}|${maximum}` } };
}

/**
 * @param {Field} field
 * @param {unknown} prediction
 * @returns {{kind: string, reading: Reading}[]}
 */
function guessed({ title, unit }, prediction) {
  if (typeof prediction !== "object" || prediction === null || Array.isArray(prediction)) {
    return [{ kind: kindOf(prediction), reading: { key: null, label: title || "Prediction", unit, scale: "" } }];
  }
  return Object.entries(prediction).map(([key, value]) => ({ kind: kindOf(value), reading: { key, label: key, unit: "", scale: "" } }));
}

/** @param {unknown} value */
function kindOf(value) {
  return typeof value === "string" ? "text" : typeof value;
}
