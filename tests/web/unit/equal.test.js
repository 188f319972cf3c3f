import assert from "node:assert/strict";
import test from "node:test";
import { equal } from "../../../web/js/schema/equal.js";

test("the order of keys does not matter, that of items does", () => {
  assert.ok(equal({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }));
  assert.ok(!equal([1, 2], [2, 1]));
});

test("unlike kinds are never the same", () => {
  for (const [one, other] of [[[], {}], [null, {}], [0, false], ["1", 1], [{ a: undefined }, { b: undefined }], [{}, { a: 1 }]]) {
    assert.ok(!equal(one, other), JSON.stringify([one, other]));
  }
});
