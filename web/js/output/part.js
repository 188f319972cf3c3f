// A part of a prediction, with what its schema says of it.

import { equal } from "../schema/equal.js";
import { followed } from "../schema/follow.js";

/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {import("../widgets.js").WidgetEntry} WidgetEntry */

/**
 * @typedef {object} Setting what all parts of a prediction share
 * @property {Schema | boolean} root the document that references count from
 * @property {readonly WidgetEntry[]} widgets
 */

/** Alternatives within alternatives may go round in a circle. */
const MOST_ALTERNATIVES = 8;

export class Part {
  #setting;

  /**
   * @param {unknown} value
   * @param {Schema | boolean} schema
   * @param {Setting} setting
   * @param {string} [name] where it has one
   * @param {number} [depth] of parts around it
   */
  constructor(value, schema, setting, name = "", depth = 0) {
    this.#setting = setting;
    this.value = value;
    this.name = name;
    this.depth = depth;
    /** References followed, and of alternatives the one that the value is. */
    this.schema = settled(schema, setting.root, value, 0);
    this.title = text(this.schema.title);
    this.unit = text(this.schema["x-unit"]);
    this.description = text(this.schema.description);
  }

  /** What it is called. */
  get label() {
    return this.title || this.name;
  }

  get widgets() {
    return this.#setting.widgets;
  }

  /** The document that references in its schema count from. */
  get root() {
    return this.#setting.root;
  }

  /** @param {string | number} key of an object, or of an array */
  below(key) {
    const value = /** @type {any} */ (this.value)?.[key];
    return new Part(value, schemaBelow(this.schema, key), this.#setting, String(key), this.depth + 1);
  }

  /** The keys of an object: in the order of the schema, then those that it does not know. */
  get keys() {
    const value = /** @type {object} */ (this.value);
    const known = Object.keys(this.schema.properties ?? {}).filter((key) => Object.hasOwn(value, key));
    return [...new Set([...known, ...Object.keys(value)])];
  }

  /** The parts of an object, or of an array. */
  get parts() {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.below(index)) : this.keys.map((key) => this.below(key));
  }
}

/**
 * @param {Schema} schema
 * @param {string | number} key
 * @returns {Schema | boolean}
 */
function schemaBelow({ properties, additionalProperties, prefixItems, items }, key) {
  if (typeof key === "number") return prefixItems?.[key] ?? items ?? true;
  return properties && Object.hasOwn(properties, key) ? properties[key] : (additionalProperties ?? true);
}

/**
 * @param {Schema | boolean} schema
 * @param {Schema | boolean} root
 * @param {unknown} value
 * @param {number} depth
 * @returns {Schema}
 */
function settled(schema, root, value, depth) {
  const found = followed(schema, root, []).schema;
  if (depth > MOST_ALTERNATIVES) return found;
  for (const keyword of ["oneOf", "anyOf"]) {
    const { [keyword]: alternatives, ...beside } = found;
    if (!Array.isArray(alternatives)) continue;
    const own = alternatives.map((one) => settled(one, root, value, depth + 1)).find((one) => isLike(one, value));
    // Of several constants each may have a title, which is what its value is called.
    if (own !== undefined) return { ...own, ..."const" in own && { "x-label": own.title, title: undefined }, ...beside };
  }
  return found;
}

/**
 * Whether a value may be of a schema. The service has judged it: this tells the alternatives apart.
 *
 * @param {Schema} schema
 * @param {any} value
 */
function isLike(schema, value) {
  const { type, enum: choices, required = [] } = schema;
  if (type !== undefined && ![type].flat().some((one) => one === typeOf(value) || (one === "number" && typeOf(value) === "integer"))) return false;
  if ("const" in schema && !equal(schema.const, value)) return false;
  if (Array.isArray(choices) && !choices.some((choice) => equal(choice, value))) return false;
  return typeOf(value) !== "object" || required.every((/** @type {string} */ key) => Object.hasOwn(value, key));
}

/** @param {unknown} value */
export function typeOf(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : "";
}
