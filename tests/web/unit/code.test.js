import assert from "node:assert/strict";
import { test } from "node:test";
import { runInThisContext } from "node:vm";

import { javascriptLiteral, pythonLiteral } from "../../../web/js/code/literals.js";
import { SNIPPETS } from "../../../web/js/code/snippets.js";

test("JSON becomes Python", () => {
  assert.equal(pythonLiteral({ a: [true, false, null, -1.5e300], "b c": "it's \"so\"\n" }), '{"a": [True, False, None, -1.5e+300], "b c": "it\'s \\"so\\"\\n"}');
});

test("JSON becomes JavaScript that means the same", () => {
  const data = JSON.parse('{"a": 1, "b c": [null, {"x": "\\u2028\\ud800"}], "__proto__": {"y": 2}, "for": 1}');
  assert.deepEqual(runInThisContext(`(${javascriptLiteral(data)})`), data);
});

test("what is long is broken into lines, and many numbers into few", () => {
  const text = pythonLiteral({ pixels: Array.from({ length: 64 }, (_one, index) => index % 17), words: ["x".repeat(60), "y".repeat(60)] });
  assert.ok(Math.max(...text.split("\n").map((line) => line.length)) <= 90);
  assert.ok(text.split("\n").length < 14);
});

test("every snippet carries the whole question", () => {
  for (const { text } of SNIPPETS) assert.match(text({ origin: "http://h:1", model: "iris", input: { a: "it's" } }), /iris[^]*it'(\\'')?s/);
});
