import assert from "node:assert/strict";
import test from "node:test";
import { SessionEnded } from "../../../web/js/client/errors.js";
import { Session } from "../../../web/js/client/session.js";
import { Play, settled } from "./fakes.js";

test("nothing is said before the welcome, and then all that waited, in order", () => {
  const play = new Play();
  play.ask();
  play.isUp = true;
  play.conversation.opened();
  play.ask();
  assert.deepEqual(play.take(), [{ event: "hello", id: "hello", data: {} }]);
  play.connect();
  assert.deepEqual(play.said().slice(1), [["prediction_request", "1"], ["prediction_request", "2"]]);
});

test("a resumed connection is told again what had not arrived, and nothing twice", () => {
  const play = new Play();
  play.connect();
  const [first, second] = [play.ask(), play.ask()];
  play.hear("prediction_response", {}, { id: first, seq: 1 });
  play.drop();
  const third = play.ask();
  play.take();
  play.connect({ resumed: true, received: 1 });
  const [hello, ...said] = play.take();
  assert.deepEqual(hello.data, { session_token: "t", epoch: "e", last_seq: 1 });
  assert.deepEqual(said.map(({ id }) => id), [second, third]);
  play.hear("prediction_response", {}, { id: second, seq: 2 });
  play.hear("prediction_response", {}, { id: third, seq: 3 });
  play.hear("prediction_response", {}, { id: third, seq: 3 });
  assert.deepEqual(play.became(), ["prediction_response", "prediction_response", "prediction_response"]);
  play.drop();
  play.take();
  play.connect({ resumed: true, received: 3 });
  assert.deepEqual(play.said().length, 1);
});

test("a cancel that was said while the connection was away is said when it is resumed", () => {
  const play = new Play();
  play.connect();
  const id = play.ask();
  play.drop();
  play.conversation.withdraw(id);
  play.take();
  play.connect({ resumed: true, received: 1 });
  assert.deepEqual(play.said(), [["hello", "hello"], ["prediction_cancel", id]]);
  play.hear("prediction_error", { code: "CANCELLED", message: "" }, { id, seq: 1 });
  assert.deepEqual(play.became(), []);
});

test("what was sent on a connection that is not resumed is lost, what was not sent is sent", () => {
  const play = new Play();
  play.connect();
  play.ask();
  play.drop();
  const waiting = play.ask();
  play.take();
  play.connect({ resumed: false, session_token: "u", epoch: "f" });
  assert.deepEqual(play.said(), [["hello", "hello"], ["prediction_request", waiting]]);
  const [lost] = play.outcomes;
  assert.equal(lost.name, "ConnectionLost");
  assert.equal(lost.sent, true);
  play.drop();
  play.isUp = true;
  play.conversation.opened();
  assert.deepEqual(play.take()[0].data, { session_token: "u", epoch: "f", last_seq: 0 });
});

test("numbers start again with a new epoch", () => {
  const play = new Play();
  play.connect();
  play.hear("goaway", {}, { seq: 7 });
  play.drop();
  play.connect({ resumed: false, epoch: "f" });
  const id = play.ask();
  play.hear("prediction_response", {}, { id, seq: 1 });
  assert.deepEqual(play.became(), ["prediction_response"]);
});

test("a stop, a message too large and a breach of the protocol end what was sent at once", () => {
  for (const code of [1001, 1002, 1009]) {
    const play = new Play();
    play.connect();
    play.ask();
    play.drop(code);
    const [error] = play.outcomes;
    assert.deepEqual([error.name, error.sent, error.closeCode], ["ConnectionLost", true, code]);
    play.isUp = true;
    play.take();
    play.conversation.opened();
    assert.deepEqual(play.take()[0].data, {});
  }
});

test("what was sent is given up when the time in which it could be resumed is over, unless it is resumed", () => {
  const play = new Play();
  play.connect();
  play.ask();
  play.conversation.expired();
  assert.deepEqual(play.became(), []);
  play.drop();
  assert.deepEqual(play.became(), []);
  play.conversation.expired();
  assert.deepEqual(play.became(), ["ConnectionLost"]);
});

test("a service that lets nothing be resumed serves all the same", () => {
  const play = new Play();
  play.isUp = true;
  play.conversation.opened();
  play.hear("prediction_error", { code: "UNKNOWN_EVENT", message: "" }, { id: "hello" });
  const id = play.ask();
  assert.deepEqual(play.said(), [["hello", "hello"], ["prediction_request", id]]);
  play.drop();
  assert.deepEqual(play.became(), ["ConnectionLost"]);
});

test("after a goodbye new asks wait for the next connection, and open ones for their answers", () => {
  const play = new Play();
  play.connect();
  const open = play.ask();
  play.hear("goaway", { reason: "stop", deadline_ms: 10 });
  const waiting = play.ask();
  play.hear("prediction_response", {}, { id: open });
  assert.deepEqual(play.said(), [["hello", "hello"], ["prediction_request", open]]);
  play.drop(1001);
  play.connect();
  assert.deepEqual(play.said(), [["hello", "hello"], ["prediction_request", waiting]]);
  assert.deepEqual(play.became(), ["prediction_response"]);
});

test("an error that names no ask fails all that are open, and one of a subscription none", () => {
  const play = new Play();
  play.connect();
  play.ask();
  play.hear("prediction_error", { code: "INTERNAL", message: "" }, { meta: { subscription: "a/b" } });
  assert.deepEqual(play.became(), []);
  play.hear("prediction_error", { code: "BAD_FRAME", message: "" });
  assert.deepEqual(play.became(), ["BAD_FRAME"]);
});

test("time that runs out during the greeting counts unless the service remembers", () => {
  for (const resumed of [true, false]) {
    const play = new Play();
    play.connect();
    play.ask();
    play.drop();
    play.isUp = true;
    play.conversation.opened();
    play.conversation.expired();
    assert.deepEqual(play.became(), []);
    if (resumed) play.connect({ resumed: true, received: 1 });
    else play.drop();
    assert.deepEqual(play.became(), resumed ? [] : ["ConnectionLost"]);
  }
});

test("a sign of life is asked for while the service is leaving", () => {
  const play = new Play();
  play.connect();
  play.hear("goaway", {});
  play.take();
  play.conversation.ping();
  assert.deepEqual(play.said(), [["ping", "1"]]);
});

test("a sign of life is asked for on an open connection only", () => {
  const play = new Play();
  play.conversation.ping();
  play.connect();
  play.conversation.ping();
  assert.deepEqual(play.said(), [["hello", "hello"], ["ping", "1"]]);
  play.hear("pong", {}, { id: "1" });
});

test("what is asked when all is over fails", () => {
  const play = new Play();
  play.connect();
  const open = play.ask();
  play.drop();
  play.ask();
  play.conversation.end(new Error("over"));
  assert.equal(open, "1");
  assert.deepEqual(play.became(), ["ConnectionLost", "Error"]);
});

/** @param {Play} play */
function openSession(play) {
  /** @type {any[]} */
  const signals = [];
  const session = new Session(
    {
      predict: (_input, { signal }) => {
        signals.push(signal);
        return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
      close: () => play.conversation.tell("session_close", { session: "s" }),
    },
    (onEnd) => play.conversation.watchSession("s", /** @type {any} */ (onEnd)),
  );
  return { session, signals };
}

test("a session ends when the service says so, with its reason, and so do the predictions in it", async () => {
  const play = new Play();
  play.connect();
  const { session } = openSession(play);
  const prediction = session.predict(1);
  play.hear("session_closed", { session: "s", reason: "worker_died" });
  assert.equal(await session.closed, "worker_died");
  assert.equal(session.isOpen, false);
  await assert.rejects(prediction, (error) => error instanceof SessionEnded && error.reason === "worker_died");
});

test("a session that is closed says so to the service once, and waits for it", async () => {
  const play = new Play();
  play.connect();
  play.take();
  const { session } = openSession(play);
  const closed = session.close();
  assert.deepEqual(play.said(), [["session_close", undefined]]);
  play.hear("session_closed", { session: "s", reason: "closed" });
  assert.equal(await closed, "closed");
  await session.close();
  assert.deepEqual(play.said(), []);
});

test("a session ends after what was asked before, and takes nothing more", async () => {
  const play = new Play();
  play.connect();
  play.take();
  const { session } = openSession(play);
  const controller = new AbortController();
  const prediction = session.predict(1, { signal: controller.signal });
  const closed = session.close();
  assert.equal(session.isOpen, false);
  await assert.rejects(session.predict(2), { name: "SessionEnded", reason: "closed" });
  assert.deepEqual(play.said(), []);
  controller.abort();
  await assert.rejects(prediction, { name: "AbortError" });
  await settled();
  assert.deepEqual(play.said(), [["session_close", undefined]]);
  play.hear("session_closed", { session: "s", reason: "closed" });
  assert.equal(await closed, "closed");
});

test("a session outlives a connection that is resumed, and not one that is lost", async () => {
  const play = new Play();
  play.connect();
  const { session } = openSession(play);
  play.drop();
  play.connect({ resumed: true });
  await settled();
  assert.equal(session.isOpen, true);
  play.drop(1001);
  assert.equal(await session.closed, "connection_lost");
});
