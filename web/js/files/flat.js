// Values as the cells of one row: objects are taken apart, arrays stay whole.

/**
 * @param {string} name of the column of the value itself
 * @param {unknown} value undefined has no cells
 * @param {Map<string, string>} [cells]
 * @returns {Map<string, string>} the texts by their columns: `name.key`
 */
export function flat(name, value, cells = new Map()) {
  if (value === undefined) return cells;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isObject && Object.keys(value).length > 0) {
    for (const [key, part] of Object.entries(value)) flat(`${name}.${key}`, part, cells);
  } else cells.set(name, typeof value === "string" ? value : JSON.stringify(value));
  return cells;
}

/**
 * @param {readonly Map<string, string>[]} rows
 * @returns {string[]} all columns, in the order in which they first occur
 */
export function columnsOf(rows) {
  return [...new Set(rows.flatMap((row) => [...row.keys()]))];
}
