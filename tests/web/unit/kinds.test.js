import assert from "node:assert/strict";
import test from "node:test";
import { needsRareKinds } from "../../../web/js/form/kinds.js";

const number = { type: "number", minimum: 0, "x-unit": "cm" };

test("a form of plain values and of objects of these needs nothing more", () => {
  for (const schema of [true, number, { properties: { a: number, b: { type: "object", properties: { c: { type: "string", format: "date" } } } }, additionalProperties: false }]) {
    assert.equal(needsRareKinds(schema), false);
  }
});

test("whatever may be of another kind has these loaded, at any depth", () => {
  const others = [{ type: "array" }, { type: "boolean" }, { enum: [1, null] }, { const: 1 }, { type: ["number", "null"] }, { $ref: "#/$defs/a" }, { anyOf: [number] }, { type: "string", contentEncoding: "base64" }, { "x-tensor": {} }, { "x-widget": "dial" }];
  for (const other of others) for (const schema of [other, { properties: { a: other } }, { additionalProperties: other }]) assert.equal(needsRareKinds(schema), true);
});

test("a widget for the whole input does too, and no other that is there", () => {
  const entry = { name: "dial", module: "/dial.js", whole: true };
  assert.equal(needsRareKinds(number, [{ ...entry, kind: "input" }]), true);
  assert.equal(needsRareKinds(number, [{ ...entry, kind: "output" }, { ...entry, kind: "input", whole: false }]), false);
});
