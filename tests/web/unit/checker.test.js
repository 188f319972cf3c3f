import * as library from "@cfworker/json-schema";
import assert from "node:assert/strict";
import test from "node:test";
import { makeChecker } from "../../../web/js/schema/checker.js";

/**
 * @param {any} schema
 * @param {unknown} document
 * @param {(pointer: string) => number | undefined} [chosen]
 */
function check(schema, document, chosen = () => undefined) {
  return makeChecker(schema, library)(document, chosen).map(({ path, message }) => `${path} ${message}`);
}

test("each fault is told once, where it is, over references and in any depth", () => {
  const schema = {
    type: "object",
    properties: { "a/b": { $ref: "#/$defs/list" }, c: { type: "integer", maximum: 3 } },
    required: ["c", "d"],
    additionalProperties: false,
    $defs: { list: { type: "array", items: { type: "string", minLength: 2 }, uniqueItems: true } },
  };
  assert.deepEqual(check(schema, { "a/b": ["x", 1, "yy", "yy"], c: 4, "é %": 1 }).sort(), [
    "/a~1b must not have the same item twice",
    "/a~1b/0 must have at least 2 characters",
    "/a~1b/1 must be a text",
    "/c must be at most 3",
    "/d is required",
    "/é % is not expected",
  ]);
});

test("of alternatives only the one that was meant is told about", () => {
  const schema = { oneOf: [{ type: "number", minimum: 5 }, { type: "string", minLength: 3 }] };
  assert.deepEqual(check(schema, 1), [" must be at least 5"]);
  assert.deepEqual(check(schema, "a", () => 1), [" must have at least 3 characters"]);
  assert.deepEqual(check(schema, null), [" fits none of the 2 forms that are allowed here"]);
  const tagged = { anyOf: ["a", "b"].map((tag) => ({ properties: { tag: { const: tag }, n: { type: "number" } }, required: ["n"] })) };
  assert.deepEqual(check(tagged, { tag: "b" }), ["/n is required"]);
  assert.deepEqual(check({ oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 3), [" fits more than one of the forms of which one is allowed here"]);
});

test("what a validator for JavaScript cannot judge is left to the service", () => {
  assert.deepEqual(check({ type: "string", pattern: "(?i)a" }, "A"), []);
  assert.deepEqual(check({ patternProperties: { "(?i)a": false }, const: { pattern: "(" } }, { pattern: "(" }), []);
});

test("the schema that is given stays as it is", () => {
  const schema = Object.freeze({ $ref: "#/$defs/a", $defs: Object.freeze({ a: Object.freeze({ type: "string" }) }) });
  assert.deepEqual(check(schema, 1), [" must be a text"]);
  assert.deepEqual(check(false, 1), [" is not allowed here"]);
});

test("dates and times are as strict as the service", () => {
  /** @param {string} format @param {string} text */
  const fits = (format, text) => check({ format }, text).length === 0;
  for (const text of ["2024-02-29", "0000-01-01"]) assert.ok(fits("date", text), text);
  for (const text of ["2023-02-29", "2024-2-9", "2024-13-01"]) assert.ok(!fits("date", text), text);
  for (const text of ["23:59:60Z", "00:29:60+00:30", "01:02:03.4567-12:00"]) assert.ok(fits("time", text), text);
  for (const text of ["24:00:00Z", "12:00:60Z", "12:00:00", "12:00Z"]) assert.ok(!fits("time", text), text);
  assert.ok(!fits("date-time", "2024-02-29 12:00:00Z"));
});
