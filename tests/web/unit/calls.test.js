import assert from "node:assert/strict";
import test from "node:test";
import { Play } from "./fakes.js";

test("only as much is open as the service takes, and the rest follows in order", () => {
  const play = new Play();
  play.connect();
  const asked = Array.from({ length: 6 }, () => play.ask());
  play.ask({ event: "subscribe", data: {} });
  assert.deepEqual(play.said().slice(1).map(([, id]) => id), ["1", "2", "3", "4", "7"]);
  play.hear("prediction_partial", {}, { id: asked[0] });
  assert.deepEqual(play.said(), []);
  play.hear("prediction_response", {}, { id: asked[2] });
  assert.deepEqual(play.said(), [["prediction_request", "5"]]);
  play.drop();
  play.take();
  play.connect({ resumed: true, received: 6 });
  assert.deepEqual(play.said(), [["hello", "hello"]]);
});

test("on a connection too only so many wait, and what is refused is said to be too much", () => {
  const play = new Play();
  play.connect();
  for (let count = 0; count < 4 + 1024; count += 1) play.ask();
  assert.throws(() => play.ask(), { name: "PredictionError", code: "OVERLOADED" });
});

test("what was lost is sent again, before what was asked later, as often as it may be", () => {
  const play = new Play();
  play.connect();
  const id = play.ask({ retries: 2 });
  play.drop(1001);
  const later = play.ask();
  play.take();
  play.connect();
  assert.deepEqual(play.said().map(([, one]) => one), ["hello", id, later]);
  play.drop(1001);
  assert.deepEqual(play.became(), ["ConnectionLost"]);
  play.connect();
  assert.deepEqual(play.said().map(([, one]) => one), ["hello", id]);
  play.drop(1001);
  assert.deepEqual(play.became(), ["ConnectionLost"]);
});

test("what a service that stops refuses, or has not received, is sent to the next one", () => {
  const play = new Play();
  play.connect();
  const [refused, unheard, begun] = [play.ask(), play.ask(), play.ask()];
  play.hear("prediction_partial", {}, { id: begun });
  play.hear("goaway", {});
  for (const id of [refused, begun]) play.hear("prediction_error", { code: "SHUTTING_DOWN", message: "" }, { id });
  assert.deepEqual(play.became(), ["prediction_partial", "SHUTTING_DOWN"]);
  play.drop(1001);
  play.take();
  play.connect();
  assert.deepEqual(play.said().slice(1).map(([, id]) => id).sort(), [refused, unheard].sort());
});

test("what belongs to a session goes with the service that stops", () => {
  const play = new Play();
  play.connect();
  const id = play.ask({ meta: { session: "s" } });
  play.hear("goaway", {});
  play.hear("prediction_error", { code: "SHUTTING_DOWN", message: "" }, { id });
  play.ask({ meta: { session: "s" } });
  play.drop(1001);
  assert.deepEqual(play.became(), ["SHUTTING_DOWN"]);
});

test("a service that stops without a word, or in bad order, may have begun with what was sent", () => {
  for (const { isSaid, code } of [
    { isSaid: false, code: 1001 },
    { isSaid: true, code: 1006 },
  ]) {
    const play = new Play();
    play.connect();
    play.ask();
    if (isSaid) play.hear("goaway", {});
    play.drop(code);
    play.connect();
    assert.deepEqual(play.became(), ["ConnectionLost"]);
  }
});

test("one that nobody waits for any more is not sent again", () => {
  const play = new Play();
  play.connect();
  play.conversation.withdraw(play.ask({ retries: 1 }));
  play.drop(1001);
  play.take();
  play.connect();
  assert.deepEqual(play.said(), [["hello", "hello"]]);
});

test("what waits longer than its deadline is given up, and what was sent in time is not", () => {
  const play = new Play();
  const meta = { deadline_ms: 70 };
  play.ask({ meta });
  assert.deepEqual(play.planned.map(({ ms }) => ms), [70]);
  play.planned[0].act();
  assert.deepEqual(play.became(), ["DEADLINE_EXCEEDED"]);
  play.ask({ meta });
  play.connect();
  play.planned[1].act();
  play.ask({ meta });
  assert.deepEqual([play.became(), play.planned.length, play.said().length], [[], 2, 3]);
});

test("an ask that is withdrawn is cancelled if it was sent, and else never is", () => {
  const play = new Play();
  const unsent = play.ask();
  play.conversation.withdraw(unsent);
  play.connect();
  const sent = play.ask();
  play.conversation.withdraw(sent);
  assert.deepEqual(play.said().slice(1), [["prediction_request", sent], ["prediction_cancel", sent]]);
});

test("a replaced ask is taken back here if it waits here, and by the service if it waits there", () => {
  const play = new Play();
  const first = play.ask();
  const second = play.ask({ replaces: first });
  assert.deepEqual(play.became(), ["SUPERSEDED"]);
  play.connect();
  play.ask({ replaces: second });
  const [, waited, replacing] = play.take();
  assert.equal(waited.meta, undefined);
  assert.deepEqual(replacing.meta, { replaces: second });
});

test("only so many asks wait, but for standing ones", () => {
  const play = new Play();
  for (let count = 0; count < 1024; count += 1) play.ask();
  assert.throws(() => play.ask(), { name: "ConnectionLost", sent: false });
  play.ask({ isStanding: true });
});

test("what is larger, or deeper, than the service takes is not sent", () => {
  const play = new Play();
  play.ask({ data: { model_qualified_name: "echo", input_data: "€".repeat(60) } });
  play.connect();
  assert.deepEqual(play.said().length, 1);
  const [error] = play.outcomes.splice(0);
  assert.equal(error.name, "TooLarge");
  assert.ok(error.bytes > 200);
  play.ask({ data: { model_qualified_name: "echo", input_data: [[[[[[[]]]]]]] } });
  assert.deepEqual([play.said(), play.became()], [[], ["BAD_FRAME"]]);
});

test("what a later service says of a request, and is no answer, is passed over", () => {
  const play = new Play();
  play.connect();
  const id = play.ask();
  play.hear("prediction_progress", { percent: 50 }, { id });
  play.hear("weather", {});
  play.hear("prediction_response", {}, { id });
  assert.deepEqual(play.became(), ["prediction_response"]);
});

test("each ask gets its own answer, whatever their order", () => {
  const play = new Play();
  play.connect();
  const [first, second] = [play.ask(), play.ask()];
  play.hear("prediction_error", { code: "INVALID_INPUT", message: "No." }, { id: second });
  play.hear("prediction_partial", {}, { id: first });
  play.hear("prediction_response", {}, { id: first });
  play.hear("prediction_response", {}, { id: first });
  assert.deepEqual(play.became(), ["INVALID_INPUT", "prediction_partial", "prediction_response"]);
});
