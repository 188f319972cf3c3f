import assert from "node:assert/strict";
import test from "node:test";
import { describe } from "../../../web/js/schema/fields.js";
import { rows } from "../../../web/js/schema/rows.js";

/**
 * @param {object} beside
 * @param {number} size
 */
function image(beside, size) {
  return { type: "array", items: { type: "number", minimum: 0, maximum: 16 }, minItems: size, maxItems: size, ...beside };
}

/** @type {[string, any, string, string][]} */
const KINDS = [
  ["a number", { type: "number" }, "number", "number"],
  ["an integer", { type: "integer" }, "number", "integer"],
  ["a text with a format", { type: "string", format: "date" }, "text", "string (date)"],
  ["a boolean", { type: "boolean" }, "boolean", "boolean"],
  ["an enum of several types", { enum: ["a", 1, null] }, "choice", "string or integer or null"],
  ["a constant", { const: 1.5 }, "choice", "number"],
  ["null beside a type", { type: ["number", "null"] }, "number", "number or null"],
  ["null beside a schema", { anyOf: [{ type: "string" }, { type: "null" }] }, "text", "string or null"],
  ["one schema in allOf", { allOf: [{ type: "string" }], title: "T" }, "text", "string"],
  ["an object", { type: "object", properties: { a: {} } }, "object", "object"],
  ["an array", { type: "array", items: { type: "string" } }, "list", "array of string"],
  ["a tuple", { type: "array", prefixItems: [{ type: "number" }], items: false }, "tuple", "array: number"],
  ["a tuple with more to come", { type: "array", prefixItems: [{}] }, "tuple", "array: any JSON"],
  ["an array of arrays", { type: "array", items: { type: "array", items: { type: "number" } } }, "any", "array of array of number"],
  ["an array of arrays of texts", { type: "array", items: { type: "array", items: { type: "string" } } }, "list", "array of array of string"],
  ["a long vector", { type: "array", items: { type: "number" }, minItems: 784 }, "numbers", "array of number"],
  ["a short vector", { type: "array", items: { type: "number" }, maxItems: 3 }, "list", "array of number"],
  ["a map", { type: "object", additionalProperties: { type: "number" } }, "object", "object"],
  ["alternatives", { oneOf: [{ type: "number" }, { type: "string" }] }, "alternatives", "number or string"],
  ["alternatives with null", { anyOf: [{ type: "number" }, { type: "string" }, { type: "null" }] }, "alternatives", "number or string or null"],
  ["several types", { type: ["number", "string"] }, "alternatives", "number or string"],
  ["constants with titles", { oneOf: [{ const: 1, title: "One" }, { const: 2 }] }, "choice", "integer"],
  ["bytes", { type: "string", contentEncoding: "base64", contentMediaType: "image/png" }, "file", "image/png"],
  ["nothing at all", false, "never", "nothing"],
  ["null alone", { type: "null" }, "choice", "null"],
  ["several schemas that hold together", { allOf: [{ type: "number" }, { minimum: 1, type: "integer" }] }, "number", "integer"],
  ["a tensor that can be drawn", { "x-tensor": { dtype: "|u1", shape: [28, 28] } }, "grid", "28 × 28 numbers"],
  ["a tensor that cannot", { "x-tensor": { dtype: "<f4", shape: [null, 3] } }, "any", "tensor"],
  ["an image in one array", image({ "x-shape": [8, 8] }, 64), "grid", "8 × 8 numbers"],
  ["an image in arrays", { type: "array", items: image({}, 8), minItems: 8, maxItems: 8 }, "grid", "8 × 8 numbers"],
  ["two schemas that both say something", { allOf: [{ minimum: 1 }], minimum: 2 }, "any", "any JSON"],
  ["a schema elsewhere", { $ref: "https://example.org/schema" }, "any", "any JSON"],
  ["anything", {}, "any", "any JSON"],
  ["anything, shortly", true, "any", "any JSON"],
];

for (const [name, schema, kind, type] of KINDS) {
  test(`${name} is recognised`, () => {
    const field = describe(schema);
    assert.deepEqual([field.kind, field.type], [kind, type]);
  });
}

test("what stands beside a reference goes before what it refers to", () => {
  const field = describe({
    type: "object",
    properties: { home: { $ref: "#/$defs/a", title: "Home" } },
    $defs: { a: { type: "string", title: "Address", description: "Where." } },
  });
  const [{ field: home }] = field.properties;
  assert.deepEqual([home.kind, home.title, home.description], ["text", "Home", "Where."]);
});

test("a schema that contains itself ends", () => {
  const tree = {
    title: "Tree",
    type: "object",
    properties: { left: { $ref: "#" }, right: { anyOf: [{ $ref: "#" }, { type: "null" }] } },
  };
  const [{ field: left }] = describe(tree).properties;
  assert.equal(left.properties[0].field.isRecursive, true);
  assert.deepEqual(rows(describe(tree)).map(({ path }) => path.join(".")), ["left", "left.left", "left.right", "right", "right.left", "right.right"]);
  assert.equal(left.properties[0].field.type, "Tree (recursive)");
  assert.equal(left.properties[1].field.type, "Tree (recursive) or null");
});

test("constraints are said in words, with their unit", () => {
  /** @param {object} schema */
  const words = (schema) => describe(schema).constraints;
  assert.deepEqual(words({ type: "number", minimum: 0, maximum: 10, "x-unit": "cm" }), ["0 to 10 cm"]);
  assert.deepEqual(words({ type: "number", exclusiveMinimum: 0, maximum: 1 }), ["more than 0", "at most 1"]);
  assert.deepEqual(words({ type: "string", minLength: 1, maxLength: 1 }), ["1 character"]);
  assert.deepEqual(words({ type: "string", minLength: 1 }), ["at least 1 character"]);
  assert.deepEqual(words({ type: "string", minLength: 0, maxLength: 3 }), ["at most 3 characters"]);
  assert.deepEqual(words({ type: "array", minItems: 1, maxItems: 2, uniqueItems: true }), ["1 to 2 items", "no two alike"]);
  assert.deepEqual(words({ type: "integer", multipleOf: 5, default: 10 }), ["multiple of 5", "default 10"]);
});

test("a table has a row for each part with a name, and one for a whole that has none", () => {
  const schema = {
    type: "object",
    required: ["a"],
    properties: {
      a: { type: "array", items: { type: "object", properties: { b: { enum: [1, 2] } }, additionalProperties: false } },
      c: { type: "array", items: { type: "string" } },
    },
  };
  const found = rows(describe(schema)).map(({ path, required, constraints }) => [path.join(" "), required, constraints]);
  assert.deepEqual(found, [
    ["a", true, []],
    ["a []", null, ["no other keys"]],
    ["a [] b", false, ["one of 1, 2"]],
    ["c", false, []],
  ]);
  assert.deepEqual(rows(describe({ type: "number" })).map(({ path, type }) => [path, type]), [[[], "number"]]);
});
