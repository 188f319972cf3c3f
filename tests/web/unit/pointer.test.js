import assert from "node:assert/strict";
import test from "node:test";
import { isWithin, join, resolve } from "../../../web/js/schema/pointer.js";

test("a key with a slash or a tilde is escaped, and found again", () => {
  const document = { "a/b~c": [10, { "": 20 }] };
  const pointer = join("", "a/b~c");
  assert.equal(pointer, "/a~1b~0c");
  assert.equal(resolve(document, join(pointer, 0)), 10);
  assert.equal(resolve(document, join(join(pointer, 1), "")), 20);
  assert.equal(resolve(document, ""), document);
});

test("what is not there is undefined, inherited keys too", () => {
  assert.equal(resolve({ a: null }, "/a/b"), undefined);
  assert.equal(resolve({}, "/toString"), undefined);
});

test("a pointer is within itself and what is above it, and not within what only begins alike", () => {
  assert.ok(isWithin("/a/b", "/a"));
  assert.ok(isWithin("/a", "/a"));
  assert.ok(isWithin("/a", ""));
  assert.ok(!isWithin("/ab", "/a"));
});
