import assert from "node:assert/strict";
import test from "node:test";
import { whyInexact, whyNoNumber } from "../../../web/js/schema/numbers.js";

test("what is sent is the number that was typed, or nothing is sent", () => {
  for (const text of ["1", "-1.5", "+.5", "1e3", "9007199254740992", "1000000000000000000000", "23724734473746470"]) assert.equal(whyNoNumber(text), null, text);
  for (const text of ["9007199254740993", "12345678901234567890", "1000000000000000000001"]) assert.match(String(whyNoNumber(text)), /exactly/, text);
  for (const text of ["", "x", "1 2", "0x10", "NaN", "1e", "1_000"]) assert.match(String(whyNoNumber(text)), /not a number/, text);
  assert.equal(whyNoNumber("5,1"), "Write it with a point: 5.1");
  assert.match(String(whyNoNumber("1e400")), /too large/);
});

test("in JSON only numbers are looked at, not the digits of texts", () => {
  assert.equal(whyInexact('{"a\\"12345678901234567891": ["12345678901234567891", 1.5e3, -2]}'), null);
  assert.match(String(whyInexact("[1, -12345678901234567891]")), /-12345678901234567891/);
  assert.match(String(whyInexact('{"a": 1e999}')), /1e999/);
});
