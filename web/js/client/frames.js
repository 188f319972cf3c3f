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
 */

/**
 * @param {string} event
 * @param {object} data
 * @param {{id?: Id, meta?: object}} [options] keys of `meta` without a value are left out, and so is `meta` without keys
 */
export function encode(event, data, { id, meta = {} } = {}) {
  const isBare = Object.values(meta).every((value) => value === undefined);
  return JSON.stringify({ event, id, data, meta: isBare ? undefined : meta });
}

/**
 * @param {string} text
 * @returns {Message}
 */
export function decode(text) {
  return JSON.parse(text);
}

const encoder = new TextEncoder();

/** @param {string} text */
export function byteLength(text) {
  return encoder.encode(text).length;
}
