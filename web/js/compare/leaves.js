// Values part by part, beside each other.

/** @typedef {{path: string, texts: (string | null)[], differs: boolean}} Line null where a value has no such part */

/**
 * The single values in a value, as JSON, by where they stand.
 *
 * @param {unknown} value
 * @param {string} [path]
 * @param {Map<string, string>} [found]
 */
export function leaves(value, path = "", found = new Map()) {
  const isArray = Array.isArray(value);
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) found.set(path, JSON.stringify(value));
  for (const [key, part] of entries) leaves(part, isArray ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`, found);
  return found;
}

/**
 * @param {readonly unknown[]} values undefined is a value without parts
 * @returns {Line[]}
 */
export function lines(values) {
  const columns = values.map((value) => (value === undefined ? new Map() : leaves(value)));
  const paths = new Set(columns.flatMap((column) => [...column.keys()]));
  return [...paths].map((path) => {
    const texts = columns.map((column) => column.get(path) ?? null);
    return { path, texts, differs: texts.some((text) => text !== texts[0]) };
  });
}
