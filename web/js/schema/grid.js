// Which schemas are of images that can be drawn: numbers in rows and columns, as a tensor, as nested arrays, or in one array.

/** @typedef {import("./follow.js").Schema} Schema */

/**
 * @typedef {object} Grid
 * @property {number} rows
 * @property {number} columns
 * @property {number} least how paper is sent
 * @property {number} most how ink is sent
 * @property {boolean} isWhole whether there are only whole numbers between them
 * @property {string} dtype of a tensor; empty where it is no tensor
 * @property {boolean} isFlat whether all rows are one array
 */

const FEWEST = 4;
const MOST = 512;
/** How ink is sent, by the kind and the bytes of a dtype: images are bytes, or numbers up to 1. */
const INK = Object.freeze(/** @type {Record<string, number>} */ ({ b1: 1, u1: 255, i1: 127, u2: 65_535, i2: 32_767, u4: 255, i4: 255, u8: 255, i8: 255, f4: 1, f8: 1 }));

/**
 * @param {Schema} schema
 * @param {(part: Schema | boolean) => Schema} follow
 * @returns {Grid | null}
 */
export function gridOf(schema, follow) {
  const grid = "x-tensor" in schema ? ofTensor(schema["x-tensor"]) : ofArrays(schema, follow);
  return grid !== null && isDrawable(grid) ? grid : null;
}

/**
 * @param {any} tensor
 * @returns {Grid | null}
 */
function ofTensor(tensor) {
  const { dtype, shape } = tensor ?? {};
  const kind = typeof dtype === "string" ? dtype.slice(1) : "";
  if (!Object.hasOwn(INK, kind) || !Array.isArray(shape) || shape.length !== 2) return null;
  return { rows: shape[0], columns: shape[1], least: 0, most: INK[kind], isWhole: !kind.startsWith("f"), dtype, isFlat: false };
}

/**
 * @param {Schema} schema
 * @param {(part: Schema | boolean) => Schema} follow
 * @returns {Grid | null}
 */
function ofArrays(schema, follow) {
  const size = fixedSize(schema);
  if (size === null) return null;
  const inner = follow(schema.items);
  const columns = fixedSize(inner);
  const shape = schema["x-shape"];
  const isFlat = columns === null && Array.isArray(shape) && shape.length === 2 && shape[0] * shape[1] === size;
  if (columns === null && !isFlat) return null;
  const { type, minimum, maximum } = columns === null ? inner : follow(inner.items);
  if (!["number", "integer"].includes(type) || [minimum, maximum].some((bound) => typeof bound !== "number")) return null;
  const [rows, width] = isFlat ? shape : [size, columns];
  return { rows, columns: width, least: minimum, most: maximum, isWhole: type === "integer", dtype: "", isFlat };
}

/** @param {Schema} schema */
function fixedSize({ type, items, prefixItems, minItems, maxItems }) {
  return type === "array" && typeof items === "object" && !prefixItems && minItems > 0 && minItems === maxItems ? Number(minItems) : null;
}

/** @param {Grid} grid */
function isDrawable({ rows, columns, least, most }) {
  return [rows, columns].every((size) => Number.isInteger(size) && size >= FEWEST && size <= MOST) && least < most;
}
