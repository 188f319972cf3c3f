// An input in the address of the page: behind the #, which browsers keep to themselves.

const KEY = "#input=";
/** Longer ones do not survive being passed on. */
const MOST_CHARACTERS = 16_000;
const MOST_DEPTH = 64;

/**
 * @param {string} address of the page, whatever stands behind its #
 * @param {unknown} input
 * @returns {string | null} null if the input is too large for a link
 */
export function linkTo(address, input) {
  // Also the signs that programs take for the end of a link in a text.
  const encoded = encodeURIComponent(JSON.stringify(input)).replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return encoded.length > MOST_CHARACTERS ? null : `${address.split("#", 1)[0]}${KEY}${encoded}`;
}

/**
 * @param {string} hash of an address
 * @returns {{input: unknown} | "unreadable" | null} null if it carries no input
 */
export function inputIn(hash) {
  if (!hash.startsWith(KEY)) return null;
  if (hash.length > 3 * MOST_CHARACTERS) return "unreadable";
  try {
    const text = decodeURIComponent(hash.slice(KEY.length));
    return depthOf(text) > MOST_DEPTH ? "unreadable" : { input: JSON.parse(text) };
  } catch {
    return "unreadable";
  }
}

/** @param {string} text of JSON; what stands in its strings may count too */
function depthOf(text) {
  let [depth, deepest] = [0, 0];
  for (const sign of text) {
    if (sign === "[" || sign === "{") deepest = Math.max(deepest, ++depth);
    else if (sign === "]" || sign === "}") depth -= 1;
  }
  return deepest;
}
