import assert from "node:assert/strict";
import test from "node:test";
import { addRareKinds } from "../../../web/js/form/rare.js";
import { makeState } from "../../../web/js/form/state/make.js";
import { ABSENT } from "../../../web/js/form/state/state.js";
import { describe } from "../../../web/js/schema/fields.js";

addRareKinds();

/**
 * @param {any} schema
 * @returns {any}
 */
function open(schema) {
  return makeState(describe(schema), { label: "Input", required: true }, null);
}

/** @param {any} properties */
function object(properties) {
  return { type: "object", properties, additionalProperties: false };
}

test("what is required and known beforehand is there at once, and nothing else is", () => {
  const schema = { ...object({ a: { default: 1 }, b: { type: "number", default: 2 }, c: { const: 3 }, d: { type: "string" } }), required: ["b", "c", "d"] };
  assert.deepEqual(open(schema).read(), { b: 2, c: 3 });
});

test("a part knows where it stands, also after it was moved", () => {
  const list = open({ type: "array", items: object({ "a/b": { type: "string" } }) });
  list.write([{ "a/b": "x" }, { "a/b": "y" }]);
  const [first] = list.items;
  assert.equal(first.parts[0].pointer, "/0/a~1b");
  assert.equal(list.move(first, -1), false);
  assert.equal(list.move(first, 1), true);
  assert.equal(first.parts[0].pointer, "/1/a~1b");
  assert.deepEqual(list.read(), [{ "a/b": "y" }, { "a/b": "x" }]);
});

test("what is no value is told with its place, and what was typed is kept", () => {
  const state = open(object({ n: { type: "number" }, j: {}, l: { type: "array", items: { type: "string" } } }));
  const [n, j, l] = state.parts;
  n.type("5,1");
  j.type("{");
  l.add();
  /** @type {{path: string, message: string}[]} */
  const faults = [];
  assert.equal(state.read(faults).n, "5,1");
  assert.deepEqual(faults.map(({ path }) => path), ["/n", "/j", "/l/0"]);
});

test("emptied text is empty where it may be, and left out where it may not", () => {
  const state = open(object({ free: { type: "string" }, full: { type: "string", minLength: 1 } }));
  for (const part of state.parts) {
    part.type("x");
    part.type("");
  }
  assert.deepEqual(state.read(), { free: "" });
});

test("null goes back to what was there before", () => {
  const state = open(object({ a: { type: ["object", "null"], properties: { b: { type: "string" } } } }));
  state.write({ a: { b: "x" } });
  const [a] = state.parts;
  a.toggleNull();
  assert.deepEqual(state.read(), { a: null });
  a.toggleNull();
  assert.deepEqual(state.read(), { a: { b: "x" } });
  a.become("absent");
  assert.deepEqual(state.read(), {});
});

test("a null within an alternative is a value", () => {
  const state = open({ anyOf: [{ type: ["string", "null"] }, { type: "number" }] });
  state.write(null);
  assert.equal(state.read(), null);
});

test("what one alternative holds is carried over to another, and kept for when it is chosen again", () => {
  const state = open({
    oneOf: [object({ name: { type: "string" }, r: { type: "number" } }), object({ name: { type: "string" }, w: { type: "number" } })],
  });
  state.write({ name: "n", r: 1 });
  state.choose(1);
  assert.deepEqual(state.read(), { name: "n" });
  state.choose(0);
  assert.deepEqual(state.read(), { name: "n", r: 1 });
});

test("the last of the first items may be left out where the array may be shorter", () => {
  const state = open({ type: "array", prefixItems: [{ type: "number" }, { type: "number" }], minItems: 1 });
  state.write([1]);
  assert.deepEqual(state.read([]), [1]);
  /** @type {unknown[]} */
  const faults = [];
  open({ type: "array", prefixItems: [{ type: "number" }], minItems: 1 }).read(faults);
  assert.deepEqual(faults.length, 1);
});

test("what is saved, finished or not, is there again; what another schema saved is passed over", () => {
  const schema = object({ n: { type: "number" }, m: { type: "object", additionalProperties: { type: "string" } }, o: { oneOf: [{ type: "number" }, { type: "string" }] } });
  const state = open(schema);
  state.write({ m: { k: "v" }, o: "text" });
  state.parts[0].type("1e");
  const saved = JSON.parse(JSON.stringify(state.save()));
  const again = open(schema);
  again.load(saved);
  assert.deepEqual(again.read(), { n: "1e", m: { k: "v" }, o: "text" });
  for (const strange of [null, 1, "x", {}, { presence: "set" }, { presence: "set", content: { named: [[1]], rows: 3 } }, { presence: "set", content: [saved] }]) {
    const other = open(schema);
    other.load(strange);
    assert.equal(typeof other.read(), "object");
  }
  const list = open({ type: "array", items: { type: "string" } });
  list.load(saved);
  assert.deepEqual(list.read(), []);
});

test("a schema that must contain itself is not followed for ever", () => {
  const loop = { $ref: "#/$defs/a", $defs: { a: { type: "object", properties: { a: { $ref: "#/$defs/a" } }, required: ["a"] } } };
  assert.deepEqual(open(loop).read(), {});
  const pairs = { $ref: "#/$defs/a", $defs: { a: { type: "array", prefixItems: [{ $ref: "#/$defs/a" }], minItems: 1 } } };
  assert.deepEqual(open(pairs).read([]), [[]]);
  assert.equal(open({ $ref: "#/$defs/a", $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/a" }] } } }).read(), ABSENT);
});

test("a drawing is sent in the form that was asked for, and as it was written until it is drawn upon", () => {
  const state = open({ "x-tensor": { dtype: "<i2", shape: [4, 4] } });
  const nested = Array.from({ length: 4 }, (_, row) => [row, 1, 2, 3]);
  state.write(nested);
  assert.deepEqual(state.read(), nested);
  state.pixels[0] = 258;
  state.drawn();
  assert.deepEqual([...Buffer.from(state.read().data, "base64").subarray(0, 4)], [2, 1, 1, 0]);
});
