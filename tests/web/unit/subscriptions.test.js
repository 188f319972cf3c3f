import assert from "node:assert/strict";
import test from "node:test";
import { Play } from "./fakes.js";

const TOPIC = { data: { model_qualified_name: "m", source: "s" } };

/**
 * @param {Play} play
 * @param {object} [meta]
 */
function listen(play, meta) {
  /** @type {any[]} */
  const heard = [];
  const remove = play.conversation.subscriptions.add(
    { ...TOPIC, meta },
    { push: ({ data }) => heard.push(data.prediction), fail: (error) => heard.push(error) },
  );
  return { heard, remove };
}

/** @param {Play} play */
function lastId(play) {
  return play.sent.at(-1).id;
}

/**
 * @param {Play} play
 * @param {any} prediction
 */
function push(play, prediction) {
  play.hear("prediction_response", { prediction }, { meta: { subscription: "m/s" } });
}

/** A connection with a subscription that runs. */
function running() {
  const play = new Play();
  play.connect();
  const first = listen(play);
  play.hear("subscribed", { subscription: "m/s" }, { id: lastId(play) });
  play.take();
  return { play, ...first };
}

test("a value is told to all who listen, who share one subscription", () => {
  const { play, heard, remove } = running();
  const second = listen(play);
  push(play, 1);
  remove();
  push(play, 2);
  assert.deepEqual([heard, second.heard], [[1], [1, 2]]);
  assert.deepEqual(play.said(), []);
  second.remove();
  second.remove();
  assert.deepEqual(play.take(), [{ event: "unsubscribe", data: { subscription: "m/s" } }]);
  push(play, 3);
  assert.deepEqual(second.heard, [1, 2]);
});

test("a newcomer is told the newest value at once, of each key, as long as the subscription runs", () => {
  const play = new Play();
  play.connect();
  const topic = {
    data: { topic: "models" },
    keyOf: (/** @type {any} */ { data }) => data.name,
    isLast: (/** @type {any} */ { data }) => data.isGone === true,
  };
  const listener = () => {
    /** @type {any[]} */
    const heard = [];
    play.conversation.subscriptions.add(topic, { push: ({ data }) => heard.push(data.name + data.state), fail: () => {} });
    return heard;
  };
  listener();
  play.hear("subscribed", { subscription: "models" }, { id: lastId(play) });
  for (const data of [{ name: "a", state: 1 }, { name: "b", state: 1 }, { name: "a", state: 2 }, { name: "b", state: 2, isGone: true }]) {
    play.hear("model_state", data, { meta: { subscription: "models" } });
  }
  assert.deepEqual(listener(), ["a2"]);
  play.drop(1001);
  assert.deepEqual(listener(), []);
});

test("one that nobody listens to any more when it is granted is ended then, unless someone listens again", () => {
  const play = new Play();
  play.connect();
  listen(play).remove();
  const id = lastId(play);
  const second = listen(play);
  assert.equal(play.take().filter(({ event }) => event === "subscribe").length, 1);
  play.hear("subscribed", { subscription: "m/s" }, { id });
  push(play, 1);
  assert.deepEqual(second.heard, [1]);

  const other = new Play();
  other.connect();
  listen(other).remove();
  other.hear("subscribed", { subscription: "m/s" }, { id: lastId(other) });
  assert.deepEqual(other.said().at(-1), ["unsubscribe", undefined]);
});

test("a subscription is asked for anew where the connection is not resumed, and only there", () => {
  const { play, heard } = running();
  play.drop();
  play.connect({ resumed: true });
  assert.deepEqual(play.said(), [["hello", "hello"]]);
  push(play, 1);
  play.drop(1001);
  play.connect();
  assert.deepEqual(play.take().at(-1), { event: "subscribe", id: "2", data: TOPIC.data });
  play.hear("subscribed", { subscription: "m/s" }, { id: "2" });
  push(play, 2);
  assert.deepEqual(heard, [1, 2]);
});

test("one whose grant was lost on the way is asked for anew", () => {
  const play = new Play();
  play.connect();
  listen(play);
  play.drop(1001);
  play.take();
  play.connect();
  assert.deepEqual(play.said().map(([event]) => event), ["hello", "subscribe"]);
});

test("where a model is not ready yet it is asked for again, later each time", () => {
  const play = new Play();
  play.connect();
  const { heard } = listen(play);
  play.hear("prediction_error", { code: "MODEL_NOT_READY", message: "" }, { id: lastId(play) });
  const [{ ms, act }] = play.planned.splice(0);
  assert.ok(ms <= 500);
  play.take();
  act();
  assert.deepEqual(play.said().map(([event]) => event), ["subscribe"]);
  play.hear("prediction_error", { code: "OVERLOADED", message: "", retry_after_ms: 70 }, { id: "2" });
  assert.equal(play.planned[0].ms, 70);
  assert.deepEqual(heard, []);
});

test("one that ends because its model is loaded anew is asked for again, if all that is wanted is the latest", () => {
  const ended = { subscription: "m/s", code: "MODEL_NOT_READY", message: "" };
  const { play } = running();
  play.hear("unsubscribed", ended);
  play.planned[0].act();
  assert.deepEqual(play.said().map(([event]) => event), ["subscribe"]);

  const strict = new Play();
  strict.connect();
  const { heard } = listen(strict, { policy: "buffer" });
  strict.hear("subscribed", { subscription: "m/s" }, { id: lastId(strict) });
  strict.hear("unsubscribed", ended);
  assert.equal(heard[0].code, "MODEL_NOT_READY");
  assert.deepEqual(strict.planned, []);
});

test("what is refused for good is told, and can be asked for again", () => {
  const play = new Play();
  play.connect();
  const { heard } = listen(play);
  play.hear("prediction_error", { code: "NOT_FOUND", message: "There is no such source." }, { id: lastId(play) });
  assert.equal(heard[0].message, "There is no such source.");
  play.take();
  listen(play);
  assert.deepEqual(play.said().map(([event]) => event), ["subscribe"]);
});

test("one that nobody waits for any more is not asked for again", () => {
  const play = new Play();
  play.connect();
  const { remove } = listen(play);
  play.hear("prediction_error", { code: "MODEL_NOT_READY", message: "" }, { id: lastId(play) });
  remove();
  play.take();
  play.planned[0].act();
  assert.deepEqual(play.said(), []);
  listen(play);
  assert.deepEqual(play.said().map(([event]) => event), ["subscribe"]);
});

test("when all is over, all who listen are told", () => {
  const { play, heard } = running();
  play.drop(4001);
  play.conversation.end(new Error("over"));
  assert.deepEqual(heard.map(({ message }) => message), ["over"]);
});
