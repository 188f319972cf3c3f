// Where a column of a file goes in the input of a model.

import { describe } from "../schema/fields.js";

/** @typedef {import("../schema/fields.js").Field} Field */
/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {string | number} Key a name in an object, a place in an array */
/** @typedef {{path: readonly Key[], label: string, field: Field}} Target */

const DEEPEST = 6;
const ARRAYS = new Set(["list", "tuple", "numbers", "grid"]);

/**
 * The parts of an input that a cell can hold.
 *
 * @param {Schema | boolean} schema
 * @returns {Target[]}
 */
export function targetsOf(schema) {
  return below(describe(schema), [], "The input");
}

/**
 * @param {Field} field
 * @param {readonly Key[]} path
 * @param {string} label
 * @returns {Target[]}
 */
function below(field, path, label) {
  const isOpened = path.length < DEEPEST && !field.isRecursive;
  if (isOpened && field.kind === "object" && field.properties.length > 0) {
    return field.properties.flatMap(({ name, field: part }) => below(part, [...path, name], told([...path, name])));
  }
  if (isOpened && field.kind === "tuple") {
    return field.prefix.flatMap((part, index) => below(part, [...path, index], told([...path, index])));
  }
  return [{ path, label, field }];
}

/** @param {readonly Key[]} path */
export function told(path) {
  return path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("").replace(/^\./, "");
}

/**
 * The columns, matched by their names; where no name says anything, by their order.
 *
 * @param {readonly string[]} names
 * @param {Schema | boolean} schema
 * @returns {(Target | null)[]}
 */
export function matched(names, schema) {
  const targets = targetsOf(schema);
  const root = describe(schema);
  const found = names.map((name) => byName(name, targets) ?? byPath(name, root));
  if (found.some((target) => target !== null)) return withoutDoubles(found);
  if (ARRAYS.has(root.kind)) return names.map((_name, index) => placed([index], root));
  return names.length === targets.length ? targets : names.map(() => null);
}

/**
 * Of several columns for one place the first has it.
 *
 * @param {readonly (Target | null)[]} found
 */
function withoutDoubles(found) {
  const places = found.map((target) => target && told(target.path));
  return found.map((target, index) => (places.indexOf(places[index]) === index ? target : null));
}

/**
 * @param {string} name
 * @param {readonly Target[]} targets
 */
function byName(name, targets) {
  const wanted = plain(name.replace(/^input\./, ""));
  const same = (/** @type {string} */ text) => wanted !== "" && plain(text) === wanted;
  const candidates = [
    targets.filter(({ path }) => path.length > 0 && same(told(path))),
    targets.filter(({ field }) => same(field.title)),
    targets.filter(({ path }) => typeof path.at(-1) === "string" && same(String(path.at(-1)))),
  ];
  return candidates.find(({ length }) => length === 1)?.[0] ?? null;
}

/**
 * @param {string} name such as `pixels[3]`, `pixels.3` or `/pixels/3`
 * @param {Field} root
 */
function byPath(name, root) {
  const keys = name.replace(/^input\b/, "").split(/[./[\]]+/).filter((key) => key !== "");
  return keys.length === 0 ? null : placed(keys, root);
}

/**
 * @param {readonly Key[]} keys
 * @param {Field} root
 * @returns {Target | null}
 */
function placed(keys, root) {
  /** @type {Key[]} */
  const path = [];
  /** @type {Field} */
  let field = root;
  for (const key of keys) {
    const inner = ARRAYS.has(field.kind) ? itemAt(field, Number(key)) : field.properties.find(({ name }) => name === key)?.field;
    if (!inner) return null;
    path.push(ARRAYS.has(field.kind) ? Number(key) : key);
    field = inner;
  }
  return { path, label: told(path), field };
}

/**
 * @param {Field} field
 * @param {number} index
 */
function itemAt(field, index) {
  if (!Number.isInteger(index) || index < 0 || index > 100_000) return null;
  return field.prefix[index] ?? field.items ?? (field.kind === "grid" ? describe(true) : null);
}

/** @param {string} text */
function plain(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
