import assert from "node:assert/strict";
import test from "node:test";
import { Line } from "../../../web/js/client/line.js";
import { FakeSocket } from "./fakes.js";

/** @param {import("node:test").TestContext} context */
function start(context) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(Math, "random", () => 0.999);
  /** @type {any[]} */
  const told = [];
  FakeSocket.all = [];
  const line = new Line(
    "ws://service/ws",
    ["spoken"],
    {
      opened: () => told.push("opened"),
      received: (text) => told.push(JSON.parse(text).event),
      dropped: (code) => told.push(code),
      silent: () => told.push("silent"),
    },
    /** @type {any} */ (FakeSocket),
  );
  line.dial();
  return { line, told };
}

test("a lost connection is dialled again, ever more slowly while nobody answers", (context) => {
  const { told } = start(context);
  FakeSocket.last.open();
  for (const seconds of [0.5, 1, 2, 4]) {
    const { length: count } = FakeSocket.all;
    FakeSocket.last.drop(1006);
    context.mock.timers.tick(seconds * 990);
    assert.equal(FakeSocket.all.length, count);
    context.mock.timers.tick(seconds * 10);
    assert.equal(FakeSocket.all.length, count + 1);
  }
  assert.deepEqual(told, ["opened", 1006, 1006, 1006, 1006]);
});

test("after a code that is fatal nobody dials again, asked or not", (context) => {
  for (const code of [1008, 4001]) {
    const { line, told } = start(context);
    FakeSocket.last.open();
    FakeSocket.last.drop(code);
    context.mock.timers.tick(60_000);
    line.retry();
    assert.equal(FakeSocket.all.length, 1);
    assert.equal(line.isOver, true);
    assert.deepEqual(told, ["opened", code]);
    context.mock.timers.reset();
  }
});

test("an attempt that nobody answers, or not with a frame, is given up", (context) => {
  const { told } = start(context);
  FakeSocket.last.open();
  context.mock.timers.tick(10_000);
  assert.deepEqual(told, ["opened", 1006]);
  assert.equal(FakeSocket.all[0].isClosed, true);
  FakeSocket.all[0].say("welcome", {});
  FakeSocket.all[0].drop(1006);
  assert.deepEqual(told, ["opened", 1006]);
});

test("a silent connection is asked for a sign of life, and given up when none comes", (context) => {
  const { told } = start(context);
  FakeSocket.last.open();
  FakeSocket.last.say("welcome", {});
  context.mock.timers.tick(20_000);
  FakeSocket.last.say("pong", {});
  context.mock.timers.tick(20_000);
  context.mock.timers.tick(19_000);
  assert.deepEqual(told, ["opened", "welcome", "silent", "pong", "silent"]);
  context.mock.timers.tick(1_000);
  assert.equal(told.at(-1), 1006);
});

test("one may dial now, and hang up for good", (context) => {
  const { line, told } = start(context);
  FakeSocket.last.drop(1006);
  line.retry();
  line.retry();
  assert.equal(FakeSocket.all.length, 2);
  FakeSocket.last.open();
  line.close();
  FakeSocket.last.drop(1000);
  context.mock.timers.tick(60_000);
  assert.equal(FakeSocket.last.isClosed, true);
  assert.equal(FakeSocket.all.length, 2);
  assert.deepEqual(told, [1006, "opened"]);
});

test("it offers what it is told to, and sends text", (context) => {
  const { line } = start(context);
  FakeSocket.last.open();
  line.send("{}");
  assert.deepEqual([FakeSocket.last.url, FakeSocket.last.protocols, FakeSocket.last.sent], ["ws://service/ws", ["spoken"], [{}]]);
});
