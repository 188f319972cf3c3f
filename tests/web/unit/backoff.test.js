import assert from "node:assert/strict";
import test from "node:test";
import { backoff } from "../../../web/js/client/backoff.js";

test("the bound doubles from half a second up to half a minute", () => {
  const bounds = [0, 1, 2, 5, 6, 50].map((attempt) => backoff(attempt, () => 1));
  assert.deepEqual(bounds, [500, 1000, 2000, 16_000, 30_000, 30_000]);
});

test("the wait is anything from nothing to the bound", () => {
  assert.equal(backoff(3, () => 0), 0);
  assert.equal(backoff(3, () => 0.25), 1000);
});
