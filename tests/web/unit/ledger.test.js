import assert from "node:assert/strict";
import test from "node:test";
import { Ledger } from "../../../web/js/client/ledger.js";

const WELCOME = { session_token: "t", epoch: "e", resumed: false, received: 0 };

test("what is written is kept until the service is known to have got it", () => {
  const ledger = new Ledger();
  ledger.welcome(WELCOME);
  const [, second] = ["a", "b", "c"].map((text) => ledger.write(text));
  assert.deepEqual(ledger.welcome({ ...WELCOME, resumed: true }), ["a", "b", "c"]);
  ledger.acknowledge(second);
  assert.deepEqual(ledger.welcome({ ...WELCOME, resumed: true }), ["c"]);
  assert.deepEqual(ledger.welcome({ ...WELCOME, resumed: true, received: 3 }), []);
});

test("nothing is kept for a service that lets nothing be resumed", () => {
  const ledger = new Ledger();
  ledger.write("a");
  assert.deepEqual(ledger.hello, {});
  assert.deepEqual(ledger.welcome(WELCOME), []);
  assert.deepEqual(ledger.hello, { session_token: "t", epoch: "e", last_seq: 0 });
});

test("a frame arrives once, and one without a number always", () => {
  const ledger = new Ledger();
  assert.deepEqual([1, 2, 2, 1, 3].map((seq) => ledger.arrived(seq)), [true, true, false, false, true]);
  assert.ok(ledger.arrived(undefined));
  ledger.welcome(WELCOME);
  assert.ok(ledger.arrived(1));
});
