// Tensors and nested arrays as pixels.

import { decodeTensor } from "../schema/tensor.js";

/** @typedef {import("./part.js").Part} Part */

/**
 * @typedef {object} Layers
 * @property {number} rows
 * @property {number} columns
 * @property {1 | 3 | 4} channels
 * @property {() => ArrayLike<number>} numbers row by row, and of each pixel its channels
 * @property {string} dtype of a tensor; empty where it is none
 */

/** Fewer are read as numbers; more are no picture for a page. */
const FEWEST = 8;
const MOST = 4096;

/**
 * @param {Part} part
 * @returns {Layers | null} null where it is no picture
 */
export function layersOf({ value, schema }) {
  if (Array.isArray(value)) return ofRows(value, "x-tensor" in schema);
  const { dtype, shape, data } = /** @type {any} */ (value);
  if (typeof dtype !== "string" || typeof data !== "string" || !Array.isArray(shape)) return null;
  const [rows, columns, channels = 1, ...more] = shape.slice(shape.length > 2 && shape[0] === 1 ? 1 : 0);
  if (more.length > 0 || !isPicture(rows, columns, channels)) return null;
  return { rows, columns, channels, numbers: () => decodeTensor(value), dtype };
}

/**
 * @param {any[]} rows
 * @param {boolean} isTensor
 * @returns {Layers | null}
 */
function ofRows(rows, isTensor) {
  const columns = rows[0]?.length;
  const channels = Array.isArray(rows[0]?.[0]) ? rows[0][0].length : 1;
  if (!isPicture(rows.length, columns, channels) || (!isTensor && Math.min(rows.length, columns) < FEWEST)) return null;
  if (!rows.every((row) => Array.isArray(row) && row.length === columns)) return null;
  const numbers = rows.flat(2);
  const areAll = numbers.length === rows.length * columns * channels && numbers.every((number) => typeof number === "number");
  return areAll ? { rows: rows.length, columns, channels, numbers: () => numbers, dtype: "" } : null;
}

/**
 * @param {unknown} rows
 * @param {unknown} columns
 * @param {unknown} channels
 * @returns {channels is 1 | 3 | 4}
 */
function isPicture(rows, columns, channels) {
  const areSizes = [rows, columns].every((size) => Number.isInteger(size) && Number(size) > 1 && Number(size) <= MOST);
  return areSizes && (channels === 1 || channels === 3 || channels === 4);
}

/**
 * What is drawn white, and what black. Bytes are what images are made of, and so are numbers from 0 to 1; any others are
 * stretched from the lowest to the highest.
 *
 * @param {ArrayLike<number>} numbers
 * @param {string} dtype
 */
export function rangeOf(numbers, dtype) {
  let [least, most] = [Infinity, -Infinity];
  for (let index = 0; index < numbers.length; index += 1) {
    if (numbers[index] < least) least = numbers[index];
    if (numbers[index] > most) most = numbers[index];
  }
  if (dtype.endsWith("u1")) return { least: 0, most: 255, isStretched: false };
  if (least >= 0 && most <= 1) return { least: 0, most: 1, isStretched: false };
  return { least, most: most > least ? most : least + 1, isStretched: true };
}

/**
 * @param {Layers} layers
 * @param {ArrayLike<number>} numbers
 * @param {{least: number, most: number}} range
 * @returns {Uint8ClampedArray<ArrayBuffer>} red, green, blue and opacity of each pixel
 */
export function painted({ rows, columns, channels }, numbers, { least, most }) {
  const pixels = new Uint8ClampedArray(rows * columns * 4).fill(255);
  const scale = 255 / (most - least);
  for (let pixel = 0; pixel < rows * columns; pixel += 1) {
    for (let channel = 0; channel < 4; channel += 1) {
      if (channel === 3 && channels < 4) continue;
      const from = channels === 1 ? pixel : pixel * channels + channel;
      pixels[pixel * 4 + channel] = (numbers[from] - least) * scale;
    }
  }
  return pixels;
}
