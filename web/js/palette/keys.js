// How keys are called.

/**
 * @param {{key?: string, chord?: string}} action
 * @returns {string[]} as they are printed on keys; none if it has none
 */
export function keyTexts({ key, chord }) {
  if (chord !== undefined) return chord.split(" ");
  return key === undefined ? [] : [key.length === 1 ? key.toUpperCase() : key];
}
