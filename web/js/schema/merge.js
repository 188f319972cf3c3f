// Two schemas that both hold, as one: as far as a form needs to know. The validator judges by the schema as it was written.

import { equal } from "./equal.js";

/** @typedef {import("./follow.js").Schema} Schema */
/** @typedef {(one: any, other: any) => unknown} Merge */

/** @type {Merge} */
const larger = (one, other) => Math.max(one, other);
/** @type {Merge} */
const smaller = (one, other) => Math.min(one, other);
/** @type {Merge} */
const union = (one, other) => [...new Set([...one, ...other])];
/** @type {Merge} */
const both = (one, other) => (one === false || other === false ? false : { allOf: [one, other] });

/** What is made of a keyword that both have; of any other, the second says it. */
const MERGES = new Map(
  /** @type {[string, Merge][]} */ ([
    ["type", types],
    ["properties", properties],
    ["required", union],
    ["enum", (one, other) => one.filter((/** @type {unknown} */ choice) => other.some((/** @type {unknown} */ its) => equal(choice, its)))],
    ["items", both],
    ["additionalProperties", both],
    ...["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"].map((keyword) => [keyword, larger]),
    ...["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"].map((keyword) => [keyword, smaller]),
  ]),
);

/**
 * @param {Schema} one
 * @param {Schema} other whose annotations go first
 * @returns {Schema}
 */
export function merged(one, other) {
  const result = { ...one };
  for (const [keyword, value] of Object.entries(other)) {
    const merge = Object.hasOwn(one, keyword) ? MERGES.get(keyword) : undefined;
    result[keyword] = merge ? merge(one[keyword], value) : value;
  }
  return result;
}

/** @type {Merge} */
function types(one, other) {
  const [ones, others] = [[one].flat(), [other].flat()];
  const shared = [
    ...ones.filter((type) => others.includes(type) || (type === "integer" && others.includes("number"))),
    ...others.filter((type) => type === "integer" && ones.includes("number") && !ones.includes("integer")),
  ];
  return shared.length === 1 ? shared[0] : shared;
}

/** @type {Merge} */
function properties(one, other) {
  const result = Object.entries(one).map(([name, part]) => [name, Object.hasOwn(other, name) ? both(part, other[name]) : part]);
  return Object.fromEntries([...result, ...Object.entries(other).filter(([name]) => !Object.hasOwn(one, name))]);
}
