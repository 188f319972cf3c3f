import assert from "node:assert/strict";
import test from "node:test";
import { textAt, textKey } from "../../../web/js/views/growing.js";

const ANSWER = { type: "object", properties: { text: { type: "string" }, stage: { type: "integer" } } };

test("a text, or the only part of an object, is a piece of what grows", () => {
  assert.equal(textKey("a"), "");
  assert.equal(textKey({ piece: "a" }), "piece");
  assert.equal(textAt({ piece: "a" }, "piece"), "a");
  assert.equal(textAt("a", ""), "a");
});

test("a text among other things is one if the answer has a text of that name", () => {
  assert.equal(textKey({ text: "a", index: 1 }, ANSWER), "text");
  assert.equal(textKey({ stage: "loading", progress: 0.5 }, ANSWER), null);
  assert.equal(textKey({ text: "a", other: "b" }, ANSWER), null);
});

test("what its own schema calls a picture or a choice is no piece of text", () => {
  const picture = { type: "string", contentEncoding: "base64", contentMediaType: "image/png" };
  assert.equal(textKey({ draft: "AAAA" }, {}, { properties: { draft: picture } }), null);
  assert.equal(textKey("AAAA", {}, picture), null);
  assert.equal(textKey({ stage: "low" }, {}, { properties: { stage: { enum: ["low", "high"] } } }), null);
  assert.equal(textKey({ piece: "a" }, {}, { properties: { piece: { type: "string" } } }), "piece");
});

test("anything else does not grow", () => {
  for (const value of [1, null, true, ["a"], {}, { a: 1 }]) assert.equal(textKey(value), null);
  assert.equal(textAt({ text: 1 }, "text"), null);
  assert.equal(textAt("a", null), null);
});
