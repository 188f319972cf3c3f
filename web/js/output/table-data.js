// What a table of a prediction holds: columns, and rows that can be put in another order.

import { shortened } from "./format.js";
import { typeOf } from "./part.js";

/** @typedef {import("./part.js").Part} Part */

/**
 * @typedef {object} Column
 * @property {string} label
 * @property {boolean} isNumeric
 */

/**
 * @typedef {object} TableData
 * @property {string} corner what the first column is called, which names the rows
 * @property {Column[]} columns
 * @property {number} hiddenColumns how many more there are
 * @property {string[]} heads the names of the rows
 * @property {unknown[][]} rows
 */

const MOST_COLUMNS = 30;
const LOOKED_AT = 200;
const LONGEST_HEAD = 120;
const BY_WORDS = new Intl.Collator(undefined, { numeric: true });

/**
 * @param {Part} part an array, or an object of many keys
 * @returns {TableData}
 */
export function tableOf(part) {
  const { value } = part;
  if (!Array.isArray(value)) return ofObject(part);
  if (value.some((row) => typeOf(row) === "object")) return ofObjects(part, value);
  if (value.every(Array.isArray)) return ofArrays(part, value);
  return { ...numbered(value.length), columns: [column(part.below(0).label === "0" ? "Value" : part.below(0).label, part.below(0).unit, value)], hiddenColumns: 0, rows: value.map((one) => [one]) };
}

/** @param {Part} part */
function ofObject(part) {
  const values = part.keys.map((key) => /** @type {any} */ (part.value)[key]);
  const columns = [column("Value", "", values)];
  return { corner: "Name", columns, hiddenColumns: 0, heads: part.keys.map((key) => shortened(key, LONGEST_HEAD)), rows: values.map((one) => [one]) };
}

/**
 * @param {Part} part
 * @param {any[]} objects
 */
function ofObjects(part, objects) {
  const first = part.below(objects.findIndex((one) => typeOf(one) === "object"));
  const known = Object.keys(first.schema.properties ?? {}).filter((key) => objects.some((one) => one !== null && typeof one === "object" && Object.hasOwn(one, key)));
  const found = objects.slice(0, LOOKED_AT).flatMap((one) => (typeOf(one) === "object" ? Object.keys(one) : []));
  const keys = [...new Set([...known, ...found])];
  const shown = keys.slice(0, MOST_COLUMNS);
  const rows = objects.map((one) => shown.map((key) => (one !== null && typeof one === "object" && Object.hasOwn(one, key) ? one[key] : undefined)));
  const columns = shown.map((key, index) => {
    const { label, unit } = first.below(key);
    return column(label, unit, rows.map((row) => row[index]));
  });
  return { ...numbered(objects.length), columns, hiddenColumns: keys.length - shown.length, rows };
}

/**
 * @param {Part} part
 * @param {unknown[][]} arrays
 */
function ofArrays(part, arrays) {
  const width = arrays.reduce((most, { length }) => Math.max(most, length), 0);
  const longest = part.below(arrays.findIndex(({ length }) => length === width));
  const columns = Array.from({ length: Math.min(width, MOST_COLUMNS) }, (_, index) => {
    const { title, unit } = longest.below(index);
    return column(title || String(index + 1), unit, arrays.map((row) => row[index]));
  });
  return { ...numbered(arrays.length), columns, hiddenColumns: width - columns.length, rows: arrays };
}

/** @param {number} count */
function numbered(count) {
  return { corner: "#", heads: Array.from({ length: count }, (_, index) => String(index + 1)) };
}

/**
 * @param {string} label
 * @param {string} unit
 * @param {unknown[]} values
 * @returns {Column}
 */
function column(label, unit, values) {
  const isNumeric = values.some((value) => typeof value === "number") && values.every((value) => typeof value === "number" || value === null || value === undefined);
  return { label: shortened(unit ? `${label} (${unit})` : label, LONGEST_HEAD), isNumeric };
}

/**
 * The rows in the order of a column: numbers, then words, what is missing last either way.
 *
 * @param {TableData} data
 * @param {number} index of the column; -1 is the order in which they came
 * @param {boolean} isDescending
 * @returns {number[]} indices of rows
 */
export function ordered({ rows, heads, corner }, index, isDescending) {
  const order = rows.map((_, row) => row);
  const sign = isDescending ? -1 : 1;
  if (index < 0) {
    if (corner !== "#") return order.sort((one, other) => sign * BY_WORDS.compare(heads[one], heads[other]));
    return isDescending ? order.reverse() : order;
  }
  const keys = rows.map((row) => sortKey(row[index]));
  return order.sort((one, other) => compared(keys[one], keys[other], sign) || one - other);
}

/** @param {unknown} value */
function sortKey(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return Number(value);
  return typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * @param {string | number | null} one
 * @param {string | number | null} other
 * @param {number} sign
 */
function compared(one, other, sign) {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  if (typeof one === "number" && typeof other === "number") return sign * (one - other);
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  return sign * BY_WORDS.compare(String(one), String(other));
}
