import assert from "node:assert/strict";
import test from "node:test";
import { History, MOST_POINTS } from "../../../web/js/chart/history.js";
import { groups, readingsOf, valueOf } from "../../../web/js/chart/readings.js";

const SCHEMA = {
  type: "object",
  properties: {
    score: { type: "number", minimum: 0, maximum: 1 },
    at: { type: "string", title: "Month" },
    value: { type: "number", "x-unit": "°C", title: "Value" },
    expected: { type: ["number", "null"], "x-unit": "°C" },
    alarm: { type: "boolean" },
    parts: { type: "array", items: { type: "number" } },
  },
};

test("numbers, flags and the moment are read off a schema", () => {
  const { numbers, flags, moment } = readingsOf(SCHEMA, null);
  assert.deepEqual(numbers.map(({ key, label, unit }) => [key, label, unit]), [
    ["score", "score", ""],
    ["value", "Value", "°C"],
    ["expected", "expected", "°C"],
  ]);
  assert.deepEqual([flags.map(({ key }) => key), moment?.label], [["alarm"], "Month"]);
});

test("what has the same unit and bounds is drawn against each other, the most first", () => {
  const found = groups(readingsOf(SCHEMA, null).numbers);
  assert.deepEqual(found.map((group) => group.map(({ key }) => key)), [["value", "expected"], ["score"]]);
});

test("without a schema a prediction speaks for itself", () => {
  assert.deepEqual(readingsOf({}, { a: 1, b: "x", c: false, d: [1] }).numbers.map(({ key }) => key), ["a"]);
  const { numbers } = readingsOf({ type: "number", title: "Load", "x-unit": "W" }, 5);
  assert.deepEqual(numbers, [{ key: null, label: "Load", unit: "W", scale: "" }]);
  assert.equal(valueOf(5, numbers[0]), 5);
  assert.deepEqual(readingsOf({}, [1, 2]), { numbers: [], flags: [], moment: null });
});

test("only own keys are read", () => {
  const [reading] = readingsOf({ type: "object", properties: { constructor: { type: "number" } } }, null).numbers;
  assert.equal(valueOf({}, reading), undefined);
  assert.equal(valueOf(null, reading), undefined);
});

test("a history keeps the newest points, in columns of one length", () => {
  const readings = readingsOf(SCHEMA, null);
  const history = new History(readings);
  history.addGap();
  for (let count = 0; count < MOST_POINTS + 5; count += 1) history.add({ value: count, alarm: count % 2 === 1 }, `at ${count}`);
  const [score, value] = readings.numbers;
  assert.equal(history.length, MOST_POINTS);
  assert.deepEqual([history.positions[0], history.moments[0], history.numbers.get(value)?.[0]], [5, "at 5", 5]);
  assert.equal(history.numbers.get(score)?.at(-1), null);
  assert.deepEqual([...history.numbers.values(), ...history.flags.values()].map(({ length }) => length), Array(4).fill(MOST_POINTS));
});

test("a gap interrupts the lines, and a moment that a prediction names is its own", () => {
  const readings = readingsOf(SCHEMA, null);
  const history = new History(readings);
  history.add({ value: 1, at: "1950-01" }, "now");
  history.addGap();
  history.add({ value: 2, expected: null, at: "1950-02" }, "now");
  assert.deepEqual(history.moments, ["1950-01", "", "1950-02"]);
  assert.deepEqual(history.numbers.get(readings.numbers[1]), [1, null, 2]);
});
