import assert from "node:assert/strict";
import { test } from "node:test";

import { asCsv, asJson } from "../../../web/js/history/export.js";
import { History, MOST_OF_A_MODEL } from "../../../web/js/history/history.js";
import { entryOf } from "../../../web/js/history/recorder.js";
import { MemoryShelf } from "../../../web/js/history/shelf.js";

/** @param {object} [more] */
function entry(more = {}) {
  return { model: "iris", at: 0, input: 1, prediction: 2, ...more };
}

test("the newest prediction of a model comes first, and those of others not at all", async () => {
  const history = new History(new MemoryShelf());
  await history.add(entry({ input: "first" }));
  await history.add(entry({ model: "other" }));
  await history.add(entry({ input: "second" }));
  assert.deepEqual((await history.of("iris")).map(({ input }) => input), ["second", "first"]);
});

test("the oldest make room, by their number and by their size", async () => {
  const history = new History(new MemoryShelf());
  for (let index = 0; index <= MOST_OF_A_MODEL; index += 1) await history.add(entry({ input: index }));
  const kept = await history.of("iris");
  assert.deepEqual([kept.length, kept.at(-1)?.input], [MOST_OF_A_MODEL, 1]);
  for (let index = 0; index < 20; index += 1) await history.add(entry({ input: "x".repeat(900_000) }));
  assert.equal((await history.of("iris")).length, 8);
});

test("what is too large for the history is left out of it", async () => {
  const history = new History(new MemoryShelf());
  await history.add(entry({ prediction: "x".repeat(1_000_001) }));
  assert.deepEqual(await history.of("iris"), []);
});

test("one is forgotten, or all of a model", async () => {
  const history = new History(new MemoryShelf());
  let changes = 0;
  history.addEventListener("change", () => (changes += 1));
  for (const input of [1, 2, 3]) await history.add(entry({ input }));
  await history.add(entry({ model: "other" }));
  await history.remove((await history.of("iris"))[1].id);
  assert.deepEqual((await history.of("iris")).map(({ input }) => input), [3, 1]);
  await history.clear("iris");
  assert.deepEqual([(await history.of("iris")).length, (await history.of("other")).length, changes], [0, 1, 6]);
});

const ANSWER = { model_qualified_name: "iris", prediction: null, meta: { model_version: "1.2", timing_ms: { total: 3 } } };

test("an entry says what became of the question", () => {
  assert.deepEqual(entryOf("iris", { input: { a: 1 }, isLive: false, answer: ANSWER, elapsedMs: 5 }, 7), {
    model: "iris",
    at: 7,
    input: { a: 1 },
    prediction: null,
    version: "1.2",
    elapsedMs: 5,
  });
});

const KEPT = [
  { id: 2, model: "iris", at: 0, bytes: 1, input: { a: { b: 1 }, c: [1, 2] }, prediction: "=cmd", version: "1.2", elapsedMs: 1.23456 },
  { id: 1, model: "iris", at: 1, bytes: 1, input: 'say "hi", you', error: { code: "INTERNAL", message: "No.\nNever." } },
];

test("as JSON the history is what was said", () => {
  assert.deepEqual(JSON.parse(asJson(KEPT)), [
    { time: "1970-01-01T00:00:00.000Z", model_version: "1.2", milliseconds: 1.235, input: { a: { b: 1 }, c: [1, 2] }, prediction: "=cmd" },
    { time: "1970-01-01T00:00:00.001Z", input: 'say "hi", you', error: { code: "INTERNAL", message: "No.\nNever." } },
  ]);
});

test("as CSV it has a column for each part, and nothing that a spreadsheet would run", () => {
  assert.equal(
    asCsv(KEPT),
    [
      "time,model_version,milliseconds,input.a.b,input.c,prediction,input,error.code,error.message",
      "1970-01-01T00:00:00.000Z,1.2,1.235,1,\"[1,2]\",'=cmd,,,",
      '1970-01-01T00:00:00.001Z,,,,,,"say ""hi"", you",INTERNAL,"No.\nNever."',
      "",
    ].join("\r\n"),
  );
});
