// The type of a field, in words.

/** @typedef {import("./fields.js").Field} Field */
/** @typedef {import("./follow.js").Schema} Schema */

/**
 * @param {Field} field
 * @returns {string}
 */
export function typeInWords(field) {
  const { schema, isRecursive, nullable } = field;
  const type = isRecursive ? `${schema.title || (schema.type ?? "object")} (recursive)` : ownType(field);
  return nullable ? `${type} or null` : type;
}

/**
 * @param {Field} field
 * @returns {string}
 */
function ownType({ kind, schema, choices, prefix, items, options, grid }) {
  if (grid !== null) return `${grid.rows} × ${grid.columns} numbers`;
  if (kind === "choice") return either(choices.map(jsonType));
  if (kind === "tuple") return `array: ${prefix.map((part) => part.type).join(", ")}`;
  if (kind === "list" || kind === "numbers") return `array of ${items?.type}`;
  if (kind === "alternatives") return either(options.map(({ field }) => field.type));
  if (kind === "file") return typeof schema.contentMediaType === "string" ? schema.contentMediaType : "file";
  if (kind === "never") return "nothing";
  return kind === "object" ? "object" : plainType(schema);
}

/** @param {Schema} schema */
function plainType({ type = "any JSON", format, items, "x-tensor": tensor }) {
  if (tensor) return "tensor";
  if (type === "array" && typeof items?.items?.type === "string") return `array of array of ${items.items.type}`;
  if (type === "array" && typeof items?.type === "string") return `array of ${items.type}`;
  const types = either([type].flat());
  return typeof format === "string" ? `${types} (${format})` : types;
}

/** @param {string[]} types */
function either(types) {
  return [...new Set(types)].join(" or ");
}

/** @param {unknown} value */
function jsonType(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}
