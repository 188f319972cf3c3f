import assert from "node:assert/strict";
import { test } from "node:test";

import { shownMs, timeParts } from "../../../web/js/views/timing.js";

test("the parts of the time add up to the whole of it", () => {
  const parts = timeParts({ queue: 1, predict: 4, total: 6 }, 10);
  assert.deepEqual(
    parts.map(({ part, ms }) => [part, ms]),
    [["network", 4], ["queue", 1], ["predict", 4], ["service", 1]],
  );
});

test("what took no time is left out, but for the model", () => {
  assert.deepEqual(timeParts({ queue: 0, predict: 0, total: 0 }, 0).map(({ part }) => part), ["predict"]);
});

test("the network is not known where the question waited for a connection", () => {
  assert.deepEqual(timeParts({ queue: 0, predict: 2, total: 2 }, null).map(({ part }) => part), ["predict"]);
});

test("without the service's word there is nothing to split", () => {
  assert.deepEqual(timeParts({}, 10), []);
});

test("times are shown as precisely as they matter", () => {
  assert.deepEqual([0.0421, 3.14159, 45.6, 123.4, 12_345].map(shownMs), ["0.042 ms", "3.1 ms", "46 ms", "123 ms", "12.3 s"]);
});
