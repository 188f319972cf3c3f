import assert from "node:assert/strict";
import { test } from "node:test";

import { inputOf } from "../../../web/js/batch/cells.js";
import { progressInWords } from "../../../web/js/batch/progress.js";
import { read } from "../../../web/js/batch/reading.js";
import { resultsAsCsv, resultsAsJsonLines } from "../../../web/js/batch/results.js";
import { Run } from "../../../web/js/batch/run.js";
import { matched, targetsOf } from "../../../web/js/batch/targets.js";
import { ConnectionLost, PredictionError } from "../../../web/js/client/index.js";

const SCHEMA = {
  type: "object",
  properties: {
    sepal_length: { type: "number", title: "Sepal length" },
    home: { type: "object", properties: { street: { type: "string" }, number: { type: "integer" } } },
    express: { type: "boolean" },
    size: { enum: ["s", 7, null] },
    tags: { type: "array", items: { type: "string" } },
    pixels: { type: "array", items: { type: "number" }, minItems: 64, maxItems: 64 },
    weight: { type: ["number", "null"] },
  },
};

/**
 * @param {string[]} names
 * @param {string[]} cells
 * @param {object} [schema]
 */
function filled(names, cells, schema = SCHEMA) {
  return inputOf(cells, matched(names, schema), false);
}

test("the parts of an input are what cells can hold", () => {
  const labels = ["sepal_length", "home.street", "home.number", "express", "size", "tags", "pixels", "weight"];
  assert.deepEqual(targetsOf(SCHEMA).map(({ label }) => label), labels);
});

test("columns find their places by path, pointer, title and name, and what is unknown goes nowhere", () => {
  const names = ["Sepal Length", "home.street", "/home/number", "EXPRESS", "pixels[1]", "nothing", "input.weight", "street"];
  const labels = matched(names, SCHEMA).map((target) => target?.label ?? null);
  assert.deepEqual(labels, ["sepal_length", "home.street", "home.number", "express", "pixels[1]", null, "weight", null]);
});

test("cells become values of their types, and empty ones nothing", () => {
  const names = ["sepal_length", "home.street", "express", "size", "tags", "weight", "home.number"];
  assert.deepEqual(filled(names, [" 5.10 ", "12", "yes", "7", '["a"]', "null", ""]), {
    sepal_length: 5.1,
    home: { street: "12" },
    express: true,
    size: 7,
    tags: ["a"],
    weight: null,
  });
});

test("what is no value of its type is told", () => {
  const wrong = { sepal_length: "5,1", express: "maybe", size: "xl", tags: "a b" };
  for (const [name, text] of Object.entries(wrong)) assert.throws(() => filled([name], [text]), { message: new RegExp(`^${name}: `) });
});

test("columns without names go by their order, into arrays too", () => {
  const { properties: { sepal_length: number } } = SCHEMA;
  assert.deepEqual(filled(["Column 1", "Column 2"], ["1", "2"], { type: "object", properties: { a: number, b: number } }), { a: 1, b: 2 });
  const array = { type: "array", items: { type: "number" } };
  assert.deepEqual(inputOf(["1", "2"], matched(["Column 1", "Column 2"], array), true), [1, 2]);
  assert.equal(filled(["anything"], ["a text"], { type: "string" }), "a text");
});

test("no column reaches a prototype", () => {
  const schema = { type: "object", properties: JSON.parse('{"__proto__": {"type": "object", "properties": {"x": {"type": "number"}}}}') };
  const made = /** @type {any} */ (filled(["__proto__.x"], ["1"], schema));
  assert.deepEqual([Object.keys(made), made.x, /** @type {any} */ ({}).x], [["__proto__"], undefined, undefined]);
});

test("files are read by what they hold", () => {
  assert.deepEqual(read("a.csv", "x,y\n1,2\n"), { kind: "cells", names: ["x", "y"], rows: [["1", "2"]], firstLine: 2 });
  assert.deepEqual(read("a.txt", "1,2\n3,4"), { kind: "cells", names: ["Column 1", "Column 2"], rows: [["1", "2"], ["3", "4"]], firstLine: 1 });
  assert.deepEqual(read("a.jsonl", '{"x": 1}\n\n[1]\n'), { kind: "inputs", rows: [{ input: { x: 1 } }, { input: [1] }] });
  assert.deepEqual(read("a.json", '[\n{"x": 1}, 2]'), { kind: "inputs", rows: [{ input: { x: 1 } }, { input: 2 }] });
  assert.deepEqual(read("a.json", '[{"x": 1}]'), { kind: "inputs", rows: [{ input: { x: 1 } }] });
  assert.deepEqual(read("a.jsonl", "[1, 2]"), { kind: "inputs", rows: [{ input: [1, 2] }] });
  const [good, bad] = /** @type {import("../../../web/js/batch/reading.js").InputFile} */ (read("a", '{"x": 1}\n{"x"')).rows;
  assert.deepEqual([good.fault, bad.fault?.slice(0, 16)], [undefined, "This is not JSON"]);
  assert.throws(() => read("a.csv", "x,y\n"), { message: "There are no rows in this file." });
});

const LIVE = new AbortController().signal;

/** @param {unknown} prediction */
function answer(prediction) {
  return { model_qualified_name: "m", prediction, meta: {} };
}

test("a run asks so many at a time, and keeps the order of the rows", async () => {
  let [open, most] = [0, 0];
  const run = new Run(Array.from({ length: 100 }, (_row, index) => () => index), async (input) => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
    return answer(Number(input) * 2);
  });
  await run.work(8, LIVE);
  assert.equal(most, 8);
  assert.deepEqual(run.results, Array.from({ length: 100 }, (_row, index) => ({ prediction: index * 2 })));
});

test("what fails fails alone, and what may pass is tried again", async () => {
  let tries = 0;
  const rows = ["refused", "overloaded", "lost"].map((row) => () => row);
  const broken = () => {
    throw new Error("no number");
  };
  const run = new Run([...rows, broken], async (input) => {
    if (input === "refused") throw new PredictionError({ type: "SCHEMA_ERROR", code: "INVALID_INPUT", message: "", details: [{ path: "/a", message: "is required" }] });
    tries += 1;
    if (tries < 3) throw input === "lost" ? new ConnectionLost("gone", { sent: true }) : new PredictionError({ type: "ERROR", code: "OVERLOADED", message: "full", retry_after_ms: 1 });
    return answer(input);
  });
  await run.work(1, LIVE);
  assert.deepEqual(run.results, [
    { fault: { code: "INVALID_INPUT", message: "/a is required" } },
    { prediction: "overloaded" },
    { prediction: "lost" },
    { fault: { code: "NOT_SENT", message: "no number" } },
  ]);
  assert.deepEqual([run.doneCount, run.faultCount], [4, 2]);
});

test("a run that is stopped keeps what was answered", async () => {
  const stop = new AbortController();
  const run = new Run([1, 2, 3].map((row) => () => row), async (input, signal) => {
    if (input === 2) stop.abort();
    signal.throwIfAborted();
    return answer(input);
  });
  await run.work(1, stop.signal);
  assert.deepEqual([run.results[0], run.results[1], run.doneCount], [{ prediction: 1 }, undefined, 1]);
});

test("the result has the columns of the file and those of the predictions", () => {
  const file = read("a.csv", "x\n1\n2\n3\n");
  const results = [{ prediction: { size: "s" } }, { fault: { code: "INTERNAL", message: "No." } }, undefined];
  assert.equal(
    resultsAsCsv(file, results),
    "x,prediction.size,error.code,error.message\r\n1,s,,\r\n2,,INTERNAL,No.\r\n3,,NOT_ASKED,This row was not asked.\r\n",
  );
  const lines = resultsAsJsonLines([1, 2], results).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines, [{ input: 1, prediction: { size: "s" } }, { input: 2, error: { code: "INTERNAL", message: "No." } }]);
});

test("progress is told in words", () => {
  assert.equal(progressInWords({ count: 10_000, doneCount: 0, faultCount: 0, elapsedMs: 1 }), "0 of 10,000");
  assert.equal(progressInWords({ count: 10_000, doneCount: 2_500, faultCount: 3, elapsedMs: 5_000 }), "2,500 of 10,000 · 3 failed · 500 a second · about 15 s left");
});
