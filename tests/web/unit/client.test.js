import assert from "node:assert/strict";
import test from "node:test";
import { Client } from "../../../web/js/client/index.js";
import { FakeSocket, settled } from "./fakes.js";

/** @param {import("node:test").TestContext} context */
function start(context) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(Math, "random", () => 0);
  FakeSocket.all = [];
  const client = new Client("ws://service/ws", { WebSocket: /** @type {any} */ (FakeSocket) });
  /** @type {string[]} */
  const states = [];
  client.addEventListener("statechange", () => states.push(client.state));
  FakeSocket.last.welcome();
  return { client, states };
}

/** @param {any} prediction */
const answer = (prediction) => ({ model_qualified_name: "m", prediction });

test("a prediction is asked for with its options, and answered", async (context) => {
  const { client } = start(context);
  const trace = { traceparent: "00-ab-cd-01" };
  const call = client.predict("m", { a: 1 }, { deadlineMs: 50, modelVersion: "1.2", trace });
  const [, frame] = FakeSocket.last.sent;
  assert.deepEqual(frame, {
    event: "prediction_request",
    id: "1",
    data: { model_qualified_name: "m", input_data: { a: 1 } },
    meta: { deadline_ms: 50, model_version: "1.2", ...trace },
  });
  FakeSocket.last.say("prediction_response", answer(2), { id: "1", meta: { batch_size: 1 } });
  assert.deepEqual(await call, { ...answer(2), meta: { batch_size: 1 } });
});

test("a call is aborted with the signal's reason, and the service is told", async (context) => {
  const { client } = start(context);
  const controller = new AbortController();
  const call = client.predict("m", 1, { signal: controller.signal });
  controller.abort(new RangeError("enough"));
  await assert.rejects(call, RangeError);
  assert.deepEqual(FakeSocket.last.sent.at(-1), { event: "prediction_cancel", id: "1", data: {} });
  await assert.rejects(client.predict("m", 1, { signal: controller.signal }), RangeError);
  assert.equal(FakeSocket.last.sent.length, 3);
});

test("a call that replaces another one names it", async (context) => {
  const { client } = start(context);
  const first = client.predict("m", 1);
  const stream = client.stream("m", 2, { replaces: first });
  client.predict("m", 3, { replaces: stream });
  assert.deepEqual(FakeSocket.last.sent.slice(2).map(({ meta }) => meta), [{ stream: true, replaces: "1" }, { replaces: "2" }]);
  FakeSocket.last.say("prediction_error", { code: "SUPERSEDED", message: "" }, { id: "1" });
  await assert.rejects(first, { name: "PredictionError", code: "SUPERSEDED" });
});

test("a stream gives what comes, and its end the answer", async (context) => {
  const { client } = start(context);
  const stream = client.stream("m", 1);
  assert.deepEqual(FakeSocket.last.sent[1].meta, { stream: true });
  for (const index of [0, 1]) FakeSocket.last.say("prediction_partial", answer(index), { id: "1", meta: { index } });
  FakeSocket.last.say("prediction_response", answer("done"), { id: "1", meta: {} });
  const seen = [];
  for await (const { prediction, meta } of stream) seen.push([prediction, meta.index]);
  assert.deepEqual(seen, [[0, 0], [1, 1]]);
  assert.equal((await stream.final).prediction, "done");
});

test("a stream that fails throws after what had come, and its end is rejected alike", async (context) => {
  const { client } = start(context);
  const stream = client.stream("m", 1);
  FakeSocket.last.say("prediction_partial", answer(0), { id: "1", meta: { index: 0 } });
  FakeSocket.last.drop(1001);
  await settled();
  /** @type {unknown[]} */
  const seen = [];
  await assert.rejects(
    async () => {
      for await (const { prediction } of stream) seen.push(prediction);
    },
    { name: "ConnectionLost", sent: true },
  );
  assert.deepEqual(seen, [0]);
  await assert.rejects(stream.final, { name: "ConnectionLost" });
});

test("who leaves the loop of a stream cancels it, as a signal does", async (context) => {
  const { client } = start(context);
  const left = client.stream("m", 1);
  FakeSocket.last.say("prediction_partial", answer(0), { id: "1", meta: { index: 0 } });
  for await (const { meta } of left) if (meta.index === 0) break;
  assert.equal(FakeSocket.last.sent.at(-1).event, "prediction_cancel");
  await assert.rejects(left.final, { name: "AbortError" });
  const controller = new AbortController();
  const stopped = client.stream("m", 1, { signal: controller.signal });
  controller.abort();
  await assert.rejects(stopped[Symbol.asyncIterator]().next(), { name: "AbortError" });
  assert.deepEqual(FakeSocket.last.sent.at(-1), { event: "prediction_cancel", id: "2", data: {} });
});

test("a stream outlives a connection that is resumed", async (context) => {
  const { client, states } = start(context);
  const stream = client.stream("m", 1);
  FakeSocket.last.say("prediction_partial", answer("a"), { id: "1", seq: 1, meta: { index: 0 } });
  FakeSocket.last.drop(1006);
  context.mock.timers.tick(1);
  FakeSocket.last.welcome({ resumed: true, received: 1 });
  assert.deepEqual(FakeSocket.last.sent, [
    { event: "hello", id: "hello", data: { session_token: "t", epoch: "e", last_seq: 1 } },
  ]);
  FakeSocket.last.say("prediction_partial", answer("b"), { id: "1", seq: 2, meta: { index: 1 } });
  FakeSocket.last.say("prediction_response", answer("ab"), { id: "1", seq: 3 });
  const seen = [];
  for await (const { prediction } of stream) seen.push(prediction);
  assert.deepEqual(seen, ["a", "b"]);
  assert.deepEqual(states, ["open", "away", "open"]);
});

test("what was sent is given up once it cannot be resumed any more", async (context) => {
  const { client } = start(context);
  const call = client.predict("m", 1);
  FakeSocket.last.drop(1006);
  context.mock.timers.tick(1000);
  await assert.rejects(call, { name: "ConnectionLost", sent: true });
});

test("a session is opened with its parameters, predicts, and is closed", async (context) => {
  const { client } = start(context);
  const opening = client.session("m", { window: 3 });
  assert.deepEqual(FakeSocket.last.sent[1], {
    event: "session_open",
    id: "1",
    data: { model_qualified_name: "m", parameters: { window: 3 } },
  });
  FakeSocket.last.say("session_opened", { session: "s1" }, { id: "1" });
  const session = await opening;
  const call = session.predict(5);
  assert.deepEqual(FakeSocket.last.sent[2].meta, { session: "s1" });
  FakeSocket.last.say("prediction_response", answer(6), { id: "2" });
  assert.equal((await call).prediction, 6);
  const closed = session.close();
  assert.deepEqual(FakeSocket.last.sent[3], { event: "session_close", data: { session: "s1" } });
  FakeSocket.last.say("session_closed", { session: "s1", reason: "closed" });
  assert.equal(await closed, "closed");
  await assert.rejects(session.predict(1), { name: "SessionEnded", reason: "closed" });
});

test("a session that nobody waits for any more is closed as soon as it is open", async (context) => {
  const { client } = start(context);
  const controller = new AbortController();
  const opening = client.session("m", {}, { signal: controller.signal });
  controller.abort();
  await assert.rejects(opening, { name: "AbortError" });
  FakeSocket.last.say("session_opened", { session: "s1" }, { id: "1" });
  assert.deepEqual(FakeSocket.last.sent.at(-1), { event: "session_close", data: { session: "s1" } });
});

test("a subscription gives the newest value, and ends with the loop", async (context) => {
  const { client } = start(context);
  const values = client.subscribe("m", "s", { maxRateHz: 5 });
  assert.deepEqual(FakeSocket.last.sent[1], {
    event: "subscribe",
    id: "1",
    data: { model_qualified_name: "m", source: "s" },
    meta: { policy: "latest", max_rate_hz: 5 },
  });
  FakeSocket.last.say("subscribed", { subscription: "m/s" }, { id: "1" });
  for (const value of [1, 2, 3]) FakeSocket.last.say("prediction_response", answer(value), { meta: { subscription: "m/s" } });
  for await (const { prediction } of values) {
    assert.equal(prediction, 3);
    break;
  }
  assert.deepEqual(FakeSocket.last.sent[2], { event: "unsubscribe", data: { subscription: "m/s" } });
});

test("a subscription is ended by its signal", async (context) => {
  const { client } = start(context);
  const controller = new AbortController();
  const values = client.subscribe("m", "s", { policy: "buffer", signal: controller.signal });
  FakeSocket.last.say("subscribed", { subscription: "m/s" }, { id: "1" });
  for (const value of [1, 2]) FakeSocket.last.say("prediction_response", answer(value), { meta: { subscription: "m/s" } });
  assert.equal((await values.next()).value?.prediction, 1);
  controller.abort();
  await assert.rejects(values.next(), { name: "AbortError" });
  assert.equal(FakeSocket.last.sent.at(-1).event, "unsubscribe");
  const late = client.subscribe("m", "s", { signal: controller.signal });
  await assert.rejects(late.next(), { name: "AbortError" });
});

test("a session that ends in the same breath in which it opens has ended", async (context) => {
  const { client } = start(context);
  const opening = client.session("m");
  FakeSocket.last.say("session_opened", { session: "s1" }, { id: "1" });
  FakeSocket.last.say("session_closed", { session: "s1", reason: "worker_died" });
  assert.equal(await (await opening).closed, "worker_died");
});

test("a subscription that is read too slowly is ended at the service too", async (context) => {
  const { client } = start(context);
  const values = client.subscribe("m", "s", { policy: "buffer" });
  FakeSocket.last.say("subscribed", { subscription: "m/s" }, { id: "1" });
  const large = "x".repeat(9_000_000);
  for (let count = 0; count < 3; count += 1) FakeSocket.last.say("prediction_response", answer(large), { meta: { subscription: "m/s" } });
  assert.equal(FakeSocket.last.sent.at(-1).event, "unsubscribe");
  await values.next();
  await assert.rejects(values.next(), { name: "FellBehind" });
});

test("what JSON has no word for is not sent, whole or changed", async (context) => {
  const { client } = start(context);
  for (const input of [NaN, [Infinity], { a: "\ud83d" }, { "\ude00": 1 }, 1n]) await assert.rejects(client.predict("m", input), TypeError);
  assert.equal(FakeSocket.last.sent.length, 1);
  client.predict("m", "😀");
  assert.equal(FakeSocket.last.sent[1].data.input_data, "😀");
});

test("a token is offered as a subprotocol, beside that which is spoken", (context) => {
  start(context);
  assert.deepEqual(FakeSocket.last.protocols, ["tornado-ml.v1.json"]);
  new Client("http://service", { token: "key~é?", WebSocket: /** @type {any} */ (FakeSocket) });
  const token = Buffer.from("key~é?").toString("base64url");
  assert.deepEqual(FakeSocket.last.protocols, ["tornado-ml.v1.json", `tornado-ml.bearer.${token}`]);
});

test("the address is that of the socket, or of the service", () => {
  for (const [given, dialled] of [
    ["ws://service/ws", "ws://service/ws"],
    ["http://service:8765", "ws://service:8765/ws"],
    ["https://example.org/models/", "wss://example.org/models/ws"],
    [new URL("https://example.org/#top"), "wss://example.org/ws"],
  ]) {
    const client = new Client(given, { WebSocket: /** @type {any} */ (FakeSocket) });
    assert.equal(FakeSocket.last.url, dialled);
    client.close();
  }
  assert.throws(() => new Client("service"), TypeError);
});

test("a client is closed at the end of the block that owns it", async (context) => {
  const { client } = start(context);
  await client[Symbol.asyncDispose]();
  assert.equal(client.state, "closed");
});

test("of the models each newest state is told", async (context) => {
  const { client } = start(context);
  const models = client.subscribeModels();
  assert.deepEqual(FakeSocket.last.sent[1].data, { topic: "models" });
  FakeSocket.last.say("subscribed", { subscription: "models" }, { id: "1" });
  for (const [name, state] of [["a", "loading"], ["b", "ready"], ["a", "ready"]]) {
    FakeSocket.last.say("model_state", { qualified_name: name, state, versions: [{ state }] }, { meta: { subscription: "models" } });
  }
  const seen = [(await models.next()).value, (await models.next()).value];
  assert.deepEqual(seen.map((model) => [model?.qualified_name, model?.state]), [["b", "ready"], ["a", "ready"]]);
});

test("after a fatal code the client is closed, everything fails, and stays so", async (context) => {
  const { client, states } = start(context);
  const call = client.predict("m", 1);
  const values = client.subscribe("m", "s");
  FakeSocket.last.drop(4001);
  await assert.rejects(call, { name: "ConnectionLost" });
  await assert.rejects(values.next(), { name: "ConnectionLost" });
  client.retry();
  context.mock.timers.tick(60_000);
  assert.equal(FakeSocket.all.length, 1);
  assert.deepEqual([states, client.closeCode], [["open", "closed"], 4001]);
  await assert.rejects(client.predict("m", 1), { name: "ConnectionLost", sent: false });
  await assert.rejects(client.subscribe("m", "s").next(), { name: "ConnectionLost" });
});

test("a client that is closed gives up what is open and what waits", async (context) => {
  const { client } = start(context);
  const open = client.predict("m", 1);
  FakeSocket.last.drop(1006);
  const waiting = client.predict("m", 2);
  client.close();
  await assert.rejects(open, { name: "ConnectionLost", sent: true });
  await assert.rejects(waiting, { name: "ConnectionLost", sent: false });
  assert.equal(client.state, "closed");
});
