import assert from "node:assert/strict";
import { test } from "node:test";

import { lines } from "../../../web/js/compare/leaves.js";

test("values stand part by part beside each other, and what differs is told", () => {
  const found = lines([{ a: 1, b: { c: [true, null] } }, { a: 1.5, b: { c: [true] }, d: "x" }]);
  assert.deepEqual(found, [
    { path: "a", texts: ["1", "1.5"], differs: true },
    { path: "b.c[0]", texts: ["true", "true"], differs: false },
    { path: "b.c[1]", texts: ["null", null], differs: true },
    { path: "d", texts: [null, '"x"'], differs: true },
  ]);
});

test("what is empty, or no object, is one part", () => {
  assert.deepEqual(lines([{}, []]), [{ path: "", texts: ["{}", "[]"], differs: true }]);
  assert.deepEqual(lines(["a", undefined]), [{ path: "", texts: ['"a"', null], differs: true }]);
});
