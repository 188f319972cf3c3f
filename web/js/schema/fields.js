// A JSON Schema 2020-12 as fields: what a form or a table needs to know of each part, and nothing of how it looks.

import { alternativesOf, constantsOf } from "./alternatives.js";
import { constraints } from "./constraints.js";
import { followed } from "./follow.js";
import { gridOf } from "./grid.js";
import { kindOf } from "./kinds.js";
import { isPattern } from "./formats.js";
import { typeInWords } from "./types.js";

/** @typedef {import("./follow.js").Schema} Schema */
/** @typedef {import("./follow.js").Followed} Followed */
/** @typedef {import("./kinds.js").Kind} Kind */
/** @typedef {{name: string, required: boolean, field: Field}} Property */
/** @typedef {{field: Field, index: number, label: string}} Option one of several alternatives; `index` as in the schema */

/**
 * @param {Schema | boolean} schema
 * @param {Schema | boolean} [root] the document that references count from
 * @param {readonly string[]} [trail] the references that led here
 */
export function describe(schema, root = schema, trail = []) {
  return new Field(followed(schema, root, trail), root);
}

/** Its parts are described when they are asked for: a schema may contain itself. */
export class Field {
  #trail;
  #root;
  /** @type {Map<string, any>} */
  #known = new Map();

  /**
   * @param {Followed} found
   * @param {Schema | boolean} root
   */
  constructor({ schema, nullable, isRecursive, trail }, root) {
    this.#trail = trail;
    this.#root = root;
    /** With references followed. */
    this.schema = schema;
    this.nullable = nullable;
    /** Whether it is one of the fields that it is a part of. */
    this.isRecursive = isRecursive;
    const follow = (/** @type {Schema | boolean} */ part) => followed(part, root, []).schema;
    this.grid = gridOf(schema, follow);
    /** @type {Kind} */
    this.kind = kindOf(schema, this.grid !== null, follow);
    /** Empty where the schema has none, as the following. */
    this.title = text(schema.title);
    this.description = text(schema.description);
    this.unit = text(schema["x-unit"]);
    /** In words. */
    this.constraints = constraints(schema);
  }

  /** @returns {string} in words: `number`, `array of string`, `string or null` */
  get type() {
    return this.#once("type", () => typeInWords(this));
  }

  /** @returns {unknown[]} what a `choice` is between: null too, where it is among the values */
  get choices() {
    return this.#once("choices", () => this.#labelled.map(({ value }) => value));
  }

  /** @returns {string[]} what the choices are called; empty where they are called what they are */
  get choiceLabels() {
    return this.#once("choiceLabels", () => this.#labelled.map(({ label }) => label));
  }

  /** @returns {{value: unknown, label: string}[]} */
  get #labelled() {
    const { enum: choices, const: only, type } = this.schema;
    if (this.kind !== "choice") return [];
    if (Array.isArray(choices)) return choices.map((value) => ({ value, label: "" }));
    if ("const" in this.schema) return [{ value: only, label: "" }];
    return constantsOf(this.schema) ?? (type === "null" ? [{ value: null, label: "" }] : []);
  }

  /** @returns {Property[]} of an `object` */
  get properties() {
    return this.#once("properties", () => {
      if (this.kind !== "object") return [];
      const required = new Set(this.schema.required);
      return Object.entries(this.schema.properties ?? {}).map(([name, part]) => ({
        name,
        required: required.has(name),
        field: this.#below(part),
      }));
    });
  }

  /** @returns {Option[]} of `alternatives` */
  get options() {
    return this.#once("options", () => {
      if (this.kind !== "alternatives") return [];
      const found = alternativesOf(this.schema).map(({ schema, own, index }) => ({ field: this.#below(schema), own: this.#below(own), index }));
      const labels = found.map(({ field, own }) => optionLabel(field, own));
      return found.map(({ field, index }, at) => ({
        field,
        index,
        label: labels.indexOf(labels[at]) === labels.lastIndexOf(labels[at]) ? labels[at] : `${labels[at]} (${at + 1})`,
      }));
    });
  }

  /** @returns {Field[]} of a `tuple`: its first items one by one */
  get prefix() {
    return this.#once("prefix", () => (this.kind === "tuple" ? this.schema.prefixItems.map((/** @type {Schema} */ part) => this.#below(part)) : []));
  }

  /** @returns {Field | null} what each item of a `list` is, and each after the first ones of a `tuple`; null where there are none */
  get items() {
    return this.#once("items", () => {
      const { items = true, maxItems = Infinity } = this.schema;
      if (this.kind === "tuple" && (items === false || maxItems <= this.prefix.length)) return null;
      return ["list", "tuple", "numbers"].includes(this.kind) ? this.#below(items) : null;
    });
  }

  /** Whether an object is asked for keys beyond its properties, a tuple for items beyond its first. */
  get isOpen() {
    const { additionalProperties, patternProperties, items } = this.schema;
    if (this.kind === "tuple") return this.items !== null && items !== undefined;
    if (this.kind !== "object" || this.properties.length > 0) return (additionalProperties ?? false) !== false || patternProperties !== undefined;
    return additionalProperties !== false || patternProperties !== undefined;
  }

  /**
   * What stands under a key beyond the properties.
   *
   * @param {string} name
   * @returns {Field | null} null where there may be none of that name
   */
  additional(name) {
    const { additionalProperties = true, patternProperties = {} } = this.schema;
    const pattern = Object.keys(patternProperties).find((one) => isPattern(one) && new RegExp(one, "u").test(name));
    const part = pattern === undefined ? additionalProperties : patternProperties[pattern];
    return part === false ? null : this.#once(`additional ${pattern ?? ""}`, () => this.#below(part));
  }

  /** What no value fits. */
  get never() {
    return this.#once("never", () => this.#below(false));
  }

  /**
   * @param {Schema | boolean} part
   * @returns {Field}
   */
  #below(part) {
    return describe(part, this.#root, this.#trail);
  }

  /**
   * @template T
   * @param {string} key
   * @param {() => T} make
   * @returns {T}
   */
  #once(key, make) {
    if (!this.#known.has(key)) this.#known.set(key, make());
    return this.#known.get(key);
  }
}

/**
 * @param {Field} field
 * @param {Field} own what tells it from the others
 */
function optionLabel(field, own) {
  if (own.title) return own.title;
  const tag = field.properties.find((property) => property.field.kind === "choice" && property.field.choices.length === 1);
  if (tag !== undefined && own.kind === "object") return String(tag.field.choices[0]);
  const required = own.schema.required;
  if (own.schema.type === undefined && Array.isArray(required) && required.length > 0) return `with ${required.join(", ")}`;
  return field.type;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : "";
}
