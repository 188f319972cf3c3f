import assert from "node:assert/strict";
import test from "node:test";
import { choose } from "../../../web/js/output/choose.js";
import { inline, shownBytes, shownMoment, shownNumber, shownPercent, shortened, webAddress } from "../../../web/js/output/format.js";
import { oddsOf } from "../../../web/js/output/odds.js";
import { Part } from "../../../web/js/output/part.js";
import { layersOf, painted, rangeOf } from "../../../web/js/output/pixels.js";
import { seriesOf } from "../../../web/js/output/series-columns.js";
import { thinned } from "../../../web/js/output/sparkline.js";
import { summaryOf } from "../../../web/js/output/summary.js";
import { ordered, tableOf } from "../../../web/js/output/table-data.js";
import { widgetFor } from "../../../web/js/widgets.js";

/** @param {unknown} value @param {any} [schema] @param {string} [name] */
const part = (value, schema = {}, name = "") => new Part(value, schema, { root: schema, widgets: [] }, name);

/** @param {unknown} value @param {any} [schema] @param {string} [name] */
const kind = (value, schema, name) => choose(part(value, schema, name));

test("a value is shown as what its schema says", () => {
  assert.equal(kind("red", { enum: ["red", "green"] }), "label");
  assert.equal(kind(2, { enum: [1, 2] }), "label");
  assert.equal(kind("2026-01-31", { format: "date" }), "moment");
  for (const [type, wanted] of Object.entries({ "image/png": "image", "audio/wav": "audio", "text/html": "file", "": "file" })) {
    assert.equal(kind("AAAA", { contentEncoding: "base64", contentMediaType: type }), wanted);
  }
});

test("where the schema says nothing it is shown as what it is", () => {
  const shown = { true: "flag", "1.5": "number", '"a"': "text", null: "nothing", "[]": "nothing", "{}": "nothing", "[1,2,3]": "numbers" };
  for (const [json, wanted] of Object.entries(shown)) assert.equal(kind(JSON.parse(json)), wanted, json);
  assert.equal(kind([{ a: 1 }, { a: 2 }]), "table");
  assert.equal(kind([[1, 2], [3, 4]]), "matrix");
  assert.equal(kind(["a", "b"]), "gallery");
  assert.equal(kind(["a", { b: 1 }]), "list");
  assert.equal(kind({ a: 1, b: "x" }), "object");
  assert.equal(kind(Object.fromEntries(Array.from({ length: 60 }, (_, index) => [index, "x"]))), "table");
  assert.equal(kind("data:image/png;base64,AAAA"), "image");
  assert.equal(kind("data:text/html;base64,AAAA"), "text");
});

test("only addresses of web pages are links", () => {
  assert.equal(kind("https://example.org/"), "link");
  for (const text of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//example.org", "https://", "ftp://a.b", "see https://a.b"]) {
    assert.equal(webAddress(text), null, text);
    assert.equal(kind(text, { format: "uri" }), "text", text);
  }
});

test("numbers that sum up to 1 are probabilities, the highest first", () => {
  assert.deepEqual(oddsOf(part({ a: 0.2, b: 0.7, c: 0.1 }))?.map(({ name }) => name), ["b", "a", "c"]);
  assert.deepEqual(oddsOf(part([0.1, 0.9])), [{ name: "1", share: 0.9 }, { name: "0", share: 0.1 }]);
  assert.deepEqual(oddsOf(part([{ label: "x", score: 0.4 }, { label: "y", score: 0.3 }]))?.[0], { name: "x", share: 0.4 });
  assert.deepEqual(oddsOf(part({ classes: ["x", "y"], probabilities: [0.1, 0.9] }))?.[0], { name: "y", share: 0.9 });
  assert.equal(oddsOf(part({ a: 0.9, b: 0.8 }, { additionalProperties: { type: "number", minimum: 0, maximum: 1 } }))?.length, 2);
});

test("numbers that are something else are no probabilities", () => {
  const settings = { properties: { a: { type: "number" }, b: { type: "number" } } };
  assert.equal(oddsOf(part({ a: 0.7, b: 0.3 }, settings)), null);
  for (const value of [[1], [0.5, 0.6], { a: 2, b: -1 }, { a: 0.5, b: "0.5" }, [], {}, [{ a: "x", b: 1, c: 0 }], "1"]) assert.equal(oddsOf(part(value)), null);
});

test("what has a time and numbers is a series, in the order of time", () => {
  const rows = [{ date: "2026-01-03", high: 3, sky: "a" }, { date: "2026-01-01", high: 1, sky: "b" }, { date: "2026-01-02", high: null, sky: "c" }];
  const series = seriesOf(part(rows, { items: { properties: { high: { title: "High", "x-unit": "°C" } } } }));
  assert.deepEqual(series?.moments, ["2026-01-01", "2026-01-02", "2026-01-03"]);
  assert.deepEqual(series?.lines.map(({ label, unit, numbers }) => [label, unit, numbers]), [["High", "°C", [1, null, 3]]]);
  assert.equal(series?.isTime, true);
  assert.equal(seriesOf(part({ a: [1, 2, 3], b: [3, 2, 1] }))?.lines.length, 2);
  assert.deepEqual(seriesOf(part({ step: [0, 10, 20], loss: [3, 2, 1] }))?.positions, [0, 10, 20]);
});

test("what has no time, or no numbers, is no series", () => {
  for (const value of [[{ a: 1 }, { a: 2 }, { a: 3 }], [{ date: "x", a: 1 }, { date: "y", a: 1 }, { date: "z", a: 1 }], { a: [1, 2], b: [1, 2, 3] }, { a: [1, 2, 3] }]) {
    assert.equal(seriesOf(part(value)), null);
  }
});

test("a table has the columns of the schema, then all others, and says how many it leaves out", () => {
  const { columns, rows, heads } = tableOf(part([{ b: 1, a: "x" }, { c: null, a: "y" }], { items: { properties: { a: { title: "A" }, z: {} } } }));
  assert.deepEqual(columns.map(({ label }) => label), ["A", "b", "c"]);
  assert.deepEqual([rows, heads], [[["x", 1, undefined], ["y", undefined, null]], ["1", "2"]]);
  assert.equal(tableOf(part([Array(40).fill(0), []])).hiddenColumns, 10);
});

test("rows are ordered by numbers as numbers, and what is missing comes last either way", () => {
  const data = tableOf(part([{ a: 10 }, { a: null }, { a: 9 }, { a: 9 }]));
  assert.deepEqual(ordered(data, 0, false), [2, 3, 0, 1]);
  assert.deepEqual(ordered(data, 0, true), [0, 2, 3, 1]);
  assert.deepEqual(ordered(data, -1, true), [3, 2, 1, 0]);
  const words = tableOf(part([{ a: "item 10" }, { a: "item 9" }, { a: [1] }, { a: 4 }]));
  assert.deepEqual(ordered(words, 0, false).slice(0, 1), [3]);
});

test("numbers are written with the digits that say something", () => {
  const shown = { 0: "0", 1998: "1998", 10_000: "10,000", 12.3456789: "12.3457", 0.00001: "1 × 10⁻⁵", "-2.5e+21": "-2.5 × 10²¹" };
  for (const [number, text] of Object.entries(shown)) assert.equal(shownNumber(Number(number)), text);
  assert.deepEqual([0, 0.0001, 0.5, 0.9999, 1].map(shownPercent), ["0%", "< 0.1%", "50%", "> 99.9%", "100%"]);
  assert.deepEqual([1, 999, 1500, 2_500_000].map(shownBytes), ["1 byte", "999 bytes", "1.5 kB", "2.5 MB"]);
});

test("moments are written in words, and what is none stays as it is", () => {
  assert.equal(shownMoment("P1DT2H", "duration"), "1 day 2 hours");
  assert.match(String(shownMoment("2026-01-31", "date")), /2026/);
  for (const format of ["date", "date-time", "time", "duration"]) assert.equal(shownMoment("soon", format), null);
});

test("any value fits on a line", () => {
  assert.deepEqual([null, undefined, true, { a: 1 }, "x".repeat(400)].map((value) => inline(value, 5)), ["–", "–", "yes", '{"a":…', "xxxxx…"]);
  assert.equal(shortened("ab😀cd", 3), "ab…");
});

test("tensors and large grids of numbers are pixels", () => {
  assert.equal(layersOf(part({ dtype: "|u1", shape: [1, 2, 2, 3], data: "" }))?.channels, 3);
  assert.equal(layersOf(part({ dtype: "|u1", shape: [2, 2, 2], data: "" })), null);
  const grid = Array.from({ length: 8 }, () => Array(8).fill(0.5));
  assert.equal(kind(grid), "pixels");
  assert.equal(layersOf(part([...grid.slice(1), [1]])), null);
  assert.deepEqual(rangeOf([-1, 3], "<f4"), { least: -1, most: 3, isStretched: true });
  assert.deepEqual([...painted({ rows: 1, columns: 1, channels: 3, dtype: "", numbers: () => [] }, [0, 0.5, 1], { least: 0, most: 1 })], [0, 128, 255, 255]);
});

test("of many numbers the peaks are kept", () => {
  const numbers = Array.from({ length: 10_000 }, (_, index) => (index === 5_432 ? 99 : 0));
  const points = thinned(numbers, 600);
  assert.ok(points.length <= 600);
  assert.ok(points.some(([place, number]) => place === 5_432 && number === 99));
});

test("of alternatives the one that the value is counts", () => {
  const schema = { oneOf: [{ const: 1, title: "low" }, { const: 2, title: "high" }], title: "Level" };
  assert.deepEqual([part(2, schema).schema["x-label"], part(2, schema).label], ["high", "Level"]);
  assert.equal(part({ a: 1 }, { anyOf: [{ type: "string" }, { type: "object", title: "It", required: ["a"] }] }).title, "It");
  const recursive = { $ref: "#/$defs/a", $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }] } } };
  assert.equal(kind("x", recursive), "text");
});

test("what is said is one sentence", () => {
  assert.equal(summaryOf({ species: "setosa", odds: { a: 0.9, b: 0.1 }, rows: [{ a: 1 }] }, {}), "species: setosa; odds: a, 90%; rows: 1 item");
});

test("a widget is the one that a schema names, or that is for all of a model", () => {
  const widgets = /** @type {const} */ ([
    { name: "dial", kind: "input", module: "", whole: false },
    { name: "dial", kind: "output", module: "", whole: false },
    { name: "board", kind: "output", module: "", whole: true },
  ]);
  assert.equal(widgetFor(widgets, "output", { "x-widget": "dial" }, true), widgets[1]);
  assert.equal(widgetFor(widgets, "output", {}, true), widgets[2]);
  assert.equal(widgetFor(widgets, "output", {}, false), undefined);
  assert.equal(widgetFor(widgets, "input", { "x-widget": "lost" }, true), undefined);
});
