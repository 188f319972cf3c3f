// Whether numbers are the probabilities of classes, and of which.

import { typeOf } from "./part.js";

/** @typedef {import("./part.js").Part} Part */
/** @typedef {{name: string, share: number}} Odds */

const SAYS_SO = /prob|score|confiden|likelihood|odds|softmax/i;
const NEAR = 0.02;
const NEARER = 0.001;

/**
 * @param {Part} part
 * @returns {Odds[] | null} the highest first; null where they are something else
 */
export function oddsOf(part) {
  const { value } = part;
  const found = Array.isArray(value) ? ofArray(part, value) : typeOf(value) === "object" ? ofObject(part) : null;
  return found && found.length > 1 ? found.sort((one, other) => other.share - one.share) : null;
}

/**
 * @param {Part} part
 * @param {unknown[]} values
 * @returns {Odds[] | null}
 */
function ofArray(part, values) {
  if (areShares(values)) {
    const isSure = SAYS_SO.test(part.label) ? sumsUp(values, NEAR) : sumsUp(values, NEARER);
    return isSure ? values.map((share, index) => ({ name: part.below(index).title || String(index), share })) : null;
  }
  return ofPairs(values);
}

/**
 * Objects of a name and a share each: `[{"label": "cat", "score": 0.9}, …]`.
 *
 * @param {any[]} values
 * @returns {Odds[] | null}
 */
function ofPairs(values) {
  const [first] = values;
  if (typeOf(first) !== "object") return null;
  const keys = Object.keys(first);
  const name = keys.find((key) => typeof first[key] === "string");
  const share = keys.find((key) => typeof first[key] === "number");
  if (keys.length !== 2 || name === undefined || share === undefined) return null;
  const isPair = (/** @type {any} */ one) => typeOf(one) === "object" && typeof one[name] === "string" && Object.keys(one).length === 2;
  const shares = values.map((one) => one?.[share]);
  if (!values.every(isPair) || !areShares(shares) || !(SAYS_SO.test(share) || sumsUp(shares, NEAR))) return null;
  return values.map((one) => ({ name: one[name], share: one[share] }));
}

/**
 * @param {Part} part
 * @returns {Odds[] | null}
 */
function ofObject(part) {
  const { keys, schema, label } = part;
  const record = /** @type {Record<string, any>} */ (part.value);
  const values = keys.map((key) => record[key]);
  if (areShares(values)) {
    const { minimum, maximum } = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
    const isSaid = SAYS_SO.test(label) || (minimum === 0 && maximum === 1);
    // Two settings of a model may sum up to 1 by chance.
    const isSure = isSaid || ((keys.length > 2 || schema.properties === undefined) && sumsUp(values, NEAR));
    return isSure ? keys.map((key, index) => ({ name: part.below(key).label, share: values[index] })) : null;
  }
  return keys.length === 2 ? ofColumns(values) : null;
}

/**
 * The names in one array, the shares in another: `{"classes": ["cat", "dog"], "probabilities": [0.9, 0.1]}`.
 *
 * @param {unknown[]} columns two
 * @returns {Odds[] | null}
 */
function ofColumns(columns) {
  const names = columns.find((column) => Array.isArray(column) && column.every((one) => typeof one === "string"));
  const shares = columns.find((column) => Array.isArray(column) && areShares(column) && sumsUp(column, NEAR));
  if (!Array.isArray(names) || !Array.isArray(shares) || names.length !== shares.length) return null;
  return names.map((name, index) => ({ name, share: shares[index] }));
}

/**
 * @param {unknown[]} values
 * @returns {values is number[]}
 */
function areShares(values) {
  return values.length > 1 && values.every((value) => typeof value === "number" && value >= 0 && value <= 1);
}

/**
 * @param {number[]} shares
 * @param {number} tolerance
 */
function sumsUp(shares, tolerance) {
  return Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) <= tolerance;
}
