// What can be drawn over time, or over steps, as columns.

import { typeOf } from "./part.js";

/** @typedef {import("./part.js").Part} Part */
/** @typedef {(number | null)[]} Numbers */

/**
 * @typedef {object} Line
 * @property {string} key
 * @property {string} label
 * @property {string} unit
 * @property {string} scale two lines with the same one are drawn against each other
 * @property {Numbers} numbers
 */

/**
 * @typedef {object} Series
 * @property {string} label of what stands below the chart
 * @property {string[]} moments in words, one a point
 * @property {number[]} positions one a point, rising
 * @property {boolean} isTime whether positions are seconds since 1970
 * @property {Line[]} lines
 */

const FEWEST_POINTS = 3;
const TIME_LIKE = /^(date|day|hour|index|minute|moment|month|second|step|t|time|timestamp|epoch|week|x|year)$|_(at|date|time|timestamp)$|^(date|time)_/i;
const DATE = /^\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?$/i;
const YEAR_2000_MS = 946_684_800_000;
const YEAR_2000_S = YEAR_2000_MS / 1000;

/**
 * @param {Part} part an array of objects, or an object of arrays
 * @returns {Series | null} null where it is no series
 */
export function seriesOf(part) {
  return Array.isArray(part.value) ? ofRows(part, part.value) : ofColumns(part);
}

/**
 * @param {Part} part
 * @param {any[]} rows
 */
function ofRows(part, rows) {
  const [first] = rows;
  if (rows.length < FEWEST_POINTS || typeOf(first) !== "object") return null;
  const keys = Object.keys(first);
  const one = part.below(0);
  const time = keys.find((key) => isTimeLike(key, one.below(key).schema.format));
  if (time === undefined || !rows.every((row) => typeOf(row) === "object")) return null;
  return made(one, time, keys, (key) => rows.map((row) => row[key]));
}

/** @param {Part} part */
function ofColumns(part) {
  const columns = /** @type {Record<string, any>} */ (part.value);
  const keys = Object.keys(columns);
  if (keys.length === 0 || !keys.every((key) => Array.isArray(columns[key]))) return null;
  const [{ length }] = Object.values(columns);
  if (length < FEWEST_POINTS || !keys.every((key) => columns[key].length === length)) return null;
  const time = keys.find((key) => isTimeLike(key, part.below(key).below(0).schema.format)) ?? null;
  if (time === null && keys.length < 2) return null;
  return made(part, time, keys, (key) => columns[key]);
}

/**
 * @param {Part} part whose parts say what the columns are called
 * @param {string | null} time the key of the moments
 * @param {string[]} keys
 * @param {(key: string) => unknown[]} column
 * @returns {Series | null}
 */
function made(part, time, keys, column) {
  const others = keys.filter((key) => key !== time);
  const numeric = others.filter((key) => areNumbers(column(key)));
  if (numeric.length === 0 || (time === null && numeric.length < others.length)) return null;
  const moments = time === null ? column(numeric[0]).map((_, index) => index) : column(time);
  const axis = axisOf(moments);
  if (axis === null) return null;
  const order = axis.positions.map((_, index) => index).sort((one, other) => axis.positions[one] - axis.positions[other]);
  const lines = numeric.map((key) => {
    const { label, unit, schema } = part.below(key);
    const numbers = column(key);
    const { minimum = "", maximum = "" } = schema;
    return { key, label, unit, scale: `${unit}|${minimum}|${maximum}`, numbers: order.map((index) => /** @type {number | null} */ (numbers[index] ?? null)) };
  });
  return {
    label: time === null ? "Position" : part.below(time).label,
    moments: order.map((index) => String(moments[index])),
    positions: order.map((index) => axis.positions[index]),
    isTime: axis.isTime,
    lines,
  };
}

/**
 * @param {unknown[]} moments
 * @returns {{positions: number[], isTime: boolean} | null}
 */
function axisOf(moments) {
  if (moments.every((moment) => typeof moment === "string" && DATE.test(moment))) {
    const positions = moments.map((moment) => Date.parse(String(moment).replace(" ", "T")) / 1000);
    return positions.some(Number.isNaN) ? null : { positions, isTime: true };
  }
  if (!moments.every((moment) => typeof moment === "number")) return null;
  const positions = /** @type {number[]} */ (moments);
  const areSince = (/** @type {number} */ least) => positions.every((position) => position >= least);
  if (areSince(YEAR_2000_MS)) return { positions: positions.map((position) => position / 1000), isTime: true };
  return { positions, isTime: areSince(YEAR_2000_S) };
}

/**
 * @param {string} key
 * @param {unknown} format
 */
function isTimeLike(key, format) {
  return format === "date" || format === "date-time" || TIME_LIKE.test(key);
}

/** @param {unknown[]} values */
function areNumbers(values) {
  return values.every((value) => typeof value === "number" || value === null || value === undefined) && values.some((value) => typeof value === "number");
}
