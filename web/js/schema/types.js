// The type of a field, in words.

/** @typedef {import("./fields.js").Field} Field */
/** @typedef {import("./follow.js").Schema} Schema */

/**
 * @param {Field} field
 * @param {boolean} isRecursive
 * @param {(part: Schema | boolean) => string} typeOf the type of a part
 */
export function typeInWords(field, isRecursive, typeOf) {
  const { schema } = field;
  const type = isRecursive ? `${schema.title || schema.$ref.split("/").at(-1)} (recursive)` : ownType(field, typeOf);
  return field.nullable ? `${type} or null` : type;
}

/**
 * @param {Field} field
 * @param {(part: Schema | boolean) => string} typeOf
 */
function ownType({ kind, schema, choices, prefix, items }, typeOf) {
  if (kind === "object") return "object";
  if (kind === "choice") return either(choices.map(jsonType));
  if (kind === "tuple") return `array: ${prefix.map((part) => part.type).join(", ")}`;
  if (kind === "list") return `array of ${items?.type}`;
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) return either(alternatives.map(typeOf));
  if (schema.type === "array" && typeof schema.items === "object") return `array of ${typeOf(schema.items)}`;
  return plainType(schema);
}

/** @param {Schema} schema */
function plainType({ type = "any JSON", format }) {
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
