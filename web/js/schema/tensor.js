// Tensors as they are sent: dtype, shape, and the elements in C order, little-endian, as base64.

/** @typedef {{size: number, read: (view: DataView, at: number) => number, write: (view: DataView, at: number, value: number) => void}} Element */

/** @type {Readonly<Record<string, Element>>} half floats and 64-bit integers are read and written by hand */
const ELEMENTS = Object.freeze({
  b1: { size: 1, read: (view, at) => view.getUint8(at), write: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1) },
  u1: { size: 1, read: (view, at) => view.getUint8(at), write: (view, at, value) => view.setUint8(at, value) },
  i1: { size: 1, read: (view, at) => view.getInt8(at), write: (view, at, value) => view.setInt8(at, value) },
  u2: { size: 2, read: (view, at) => view.getUint16(at, true), write: (view, at, value) => view.setUint16(at, value, true) },
  i2: { size: 2, read: (view, at) => view.getInt16(at, true), write: (view, at, value) => view.setInt16(at, value, true) },
  u4: { size: 4, read: (view, at) => view.getUint32(at, true), write: (view, at, value) => view.setUint32(at, value, true) },
  i4: { size: 4, read: (view, at) => view.getInt32(at, true), write: (view, at, value) => view.setInt32(at, value, true) },
  u8: { size: 8, read: (view, at) => Number(view.getBigUint64(at, true)), write: (view, at, value) => view.setBigUint64(at, BigInt(value), true) },
  i8: { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)), write: (view, at, value) => view.setBigInt64(at, BigInt(value), true) },
  f4: { size: 4, read: (view, at) => view.getFloat32(at, true), write: (view, at, value) => view.setFloat32(at, value, true) },
  f8: { size: 8, read: (view, at) => view.getFloat64(at, true), write: (view, at, value) => view.setFloat64(at, value, true) },
});

/** @param {string} dtype whether tensors of it can be read and written here */
export function hasElements(dtype) {
  return Object.hasOwn(ELEMENTS, dtype.slice(1));
}

/**
 * @param {readonly number[]} numbers
 * @param {string} dtype
 * @param {number[]} shape
 */
export function encodeTensor(numbers, dtype, shape) {
  const { size, write } = ELEMENTS[dtype.slice(1)];
  const view = new DataView(new ArrayBuffer(numbers.length * size));
  numbers.forEach((number, index) => write(view, index * size, number));
  return { dtype, shape, data: toBase64(new Uint8Array(view.buffer)) };
}

/**
 * @param {any} document
 * @returns {number[]} none where it cannot be read
 */
export function decodeTensor(document) {
  const { dtype, data } = document ?? {};
  if (typeof dtype !== "string" || typeof data !== "string" || !hasElements(dtype)) return [];
  const bytes = fromBase64(data);
  if (bytes === null) return [];
  const { size, read } = ELEMENTS[dtype.slice(1)];
  const view = new DataView(bytes.buffer);
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => read(view, index * size));
}

const CHUNK = 0x8000;

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer> | null} null where it is no base64
 */
export function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
