// JSON data as literals of programming languages.

const WIDTH = 88;

/**
 * @typedef {object} Language
 * @property {(value: boolean | null) => string} word
 * @property {(name: string) => string} key of an object
 */

/** @type {Readonly<Record<"python" | "javascript", Language>>} */
const LANGUAGES = Object.freeze({
  // A string of JSON is one of Python, and a number too.
  python: { word: (value) => ({ true: "True", false: "False", null: "None" })[String(value)] ?? "None", key: (name) => JSON.stringify(name) },
  // In a literal, a plain __proto__ is no key but the prototype.
  javascript: { word: String, key: (name) => (name === "__proto__" ? '["__proto__"]' : /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)) },
});

/** @param {unknown} value */
export function pythonLiteral(value) {
  return literal(value, LANGUAGES.python, "");
}

/** @param {unknown} value */
export function javascriptLiteral(value) {
  return literal(value, LANGUAGES.javascript, "");
}

/**
 * @param {unknown} value
 * @param {Language} language
 * @param {string} indent
 * @returns {string}
 */
function literal(value, language, indent) {
  if (value === null || typeof value === "boolean") return language.word(value);
  if (typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}    `;
  const isArray = Array.isArray(value);
  const [open, close] = isArray ? "[]" : "{}";
  const parts = isArray
    ? value.map((item) => literal(item, language, deeper))
    : Object.entries(value).map(([name, part]) => `${language.key(name)}: ${literal(part, language, deeper)}`);
  const line = `${open}${parts.join(", ")}${close}`;
  if (parts.length === 0 || (line.length + indent.length <= WIDTH && !line.includes("\n"))) return line;
  const isPlain = isArray && value.every((item) => typeof item === "number");
  const lines = isPlain ? filled(parts, WIDTH - deeper.length) : parts;
  return `${open}\n${lines.map((part) => `${deeper}${part},\n`).join("")}${indent}${close}`;
}

/**
 * @param {readonly string[]} parts
 * @param {number} width
 * @returns {string[]} lines of as many parts as fit
 */
function filled(parts, width) {
  /** @type {string[]} */
  const found = [];
  for (const part of parts) {
    const last = found.at(-1);
    if (last !== undefined && last.length + part.length + 2 <= width) found[found.length - 1] = `${last}, ${part}`;
    else found.push(part);
  }
  return found;
}
