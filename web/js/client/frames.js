// Frames of the socket: what is said, and what is heard.

/** @typedef {string | number} Id */

/**
 * A frame of the service.
 *
 * @typedef {object} Message
 * @property {string} event
 * @property {Id} [id] of what it answers
 * @property {any} data
 * @property {any} [meta]
 * @property {number} [seq] counts the frames of a connection that can be resumed
 * @property {number} [size] in characters
 */

/**
 * @param {string} event
 * @param {object} data
 * @param {{id?: Id, meta?: object}} [options] keys of `meta` without a value are left out, and so is `meta` without keys
 * @throws {TypeError} where there is something in it that JSON has no word for
 */
export function encode(event, data, { id, meta = {} } = {}) {
  const isBare = Object.values(meta).every((value) => value === undefined);
  return JSON.stringify({ event, id, data, meta: isBare ? undefined : meta }, sendable);
}

/**
 * Refuses what `JSON.stringify` would change in silence, and what no other parser reads.
 *
 * @param {string} key
 * @param {unknown} value
 */
function sendable(key, value) {
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`${value} cannot be sent: JSON has no such number.`);
  if (hasHalfCharacter(key) || (typeof value === "string" && hasHalfCharacter(value))) {
    throw new TypeError("Half a character cannot be sent: a surrogate stands alone in a text.");
  }
  return value;
}

/** @param {string} text */
function hasHalfCharacter(text) {
  return /\p{Surrogate}/u.test(text);
}

/**
 * @param {string} text
 * @returns {Message}
 */
export function decode(text) {
  return Object.assign(JSON.parse(text), { size: text.length });
}

const encoder = new TextEncoder();

/** @param {string} text */
export function byteLength(text) {
  return encoder.encode(text).length;
}

/**
 * How many brackets are open at once, at most.
 *
 * @param {string} text JSON
 */
export function depth(text) {
  let open = 0;
  let most = 0;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/g)) {
    if (token === "[" || token === "{") most = Math.max(most, ++open);
    else if (token === "]" || token === "}") open -= 1;
  }
  return most;
}
