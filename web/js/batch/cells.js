// Cells of a file as values of an input: numbers as numbers, and an empty cell as nothing at all.

/** @typedef {import("../schema/fields.js").Field} Field */
/** @typedef {import("./targets.js").Key} Key */
/** @typedef {import("./targets.js").Target} Target */

/** @type {Readonly<Record<string, boolean>>} */
const FLAGS = Object.freeze({ true: true, yes: true, 1: true, false: false, no: false, 0: false });

/** What is no value for where it goes. */
export class BadCell extends Error {}

/**
 * @param {readonly string[]} cells
 * @param {readonly (Target | null)[]} targets of the cells; what goes nowhere is left out
 * @param {boolean} isArray whether the input itself is one
 * @returns {unknown}
 */
export function inputOf(cells, targets, isArray) {
  /** @type {any} */
  let input = isArray ? [] : {};
  targets.forEach((target, index) => {
    const text = cells[index] ?? "";
    if (target === null || text === "") return;
    const value = valueOf(text, target);
    if (target.path.length === 0) input = value;
    else put(input, target.path, value);
  });
  return input;
}

/**
 * @param {string} text
 * @param {Target} target
 * @returns {unknown}
 */
function valueOf(text, { field, label }) {
  const trimmed = text.trim();
  if (field.nullable && trimmed === "null" && field.kind !== "text") return null;
  switch (field.kind) {
    case "text":
    case "file":
      return text;
    case "number":
      return numberOf(trimmed, label);
    case "boolean": {
      const flag = FLAGS[trimmed.toLowerCase()];
      if (flag === undefined) throw new BadCell(`${label}: “${trimmed}” is neither true nor false.`);
      return flag;
    }
    case "choice":
      return choiceOf(trimmed, field, label);
    default:
      return jsonOf(text, field, label);
  }
}

/**
 * @param {string} text
 * @param {string} label
 */
function numberOf(text, label) {
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(value)) throw new BadCell(`${label}: “${text}” is not a number.`);
  return value;
}

/**
 * @param {string} text
 * @param {Field} field
 * @param {string} label
 */
function choiceOf(text, field, label) {
  const found = field.choices.find((choice) => choice === text) ?? field.choices.find((choice) => JSON.stringify(choice) === text);
  if (found === undefined) throw new BadCell(`${label}: “${text}” is none of the choices.`);
  return found;
}

/**
 * @param {string} text
 * @param {Field} field
 * @param {string} label
 */
function jsonOf(text, field, label) {
  try {
    return JSON.parse(text);
  } catch {
    if (field.kind === "any" || field.kind === "alternatives") return text;
    throw new BadCell(`${label}: this must be written as JSON.`);
  }
}

/**
 * @param {any} container
 * @param {readonly Key[]} path
 * @param {unknown} value
 */
function put(container, path, value) {
  let inner = container;
  path.forEach((key, index) => {
    const isLast = index === path.length - 1;
    if (isLast || !Object.hasOwn(inner, key)) {
      const held = isLast ? value : typeof path[index + 1] === "number" ? [] : {};
      // A plain assignment to __proto__ would set the prototype.
      Object.defineProperty(inner, key, { value: held, configurable: true, enumerable: true, writable: true });
    }
    inner = inner[key];
  });
}
