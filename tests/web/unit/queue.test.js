import assert from "node:assert/strict";
import test from "node:test";
import { Queue } from "../../../web/js/client/queue.js";

/**
 * @param {AsyncIterable<number>} queue
 * @returns {Promise<any[]>} what it gives, and the name of what it throws
 */
async function all(queue) {
  /** @type {any[]} */
  const values = [];
  try {
    for await (const value of queue) values.push(value);
  } catch (error) {
    values.push(/** @type {Error} */ (error).name);
  }
  return values;
}

test("what was pushed is read in order, and then what comes", async () => {
  const queue = new Queue({ limit: 10 });
  queue.push(1);
  queue.push(2);
  const read = all(queue);
  queue.push(3);
  queue.end();
  queue.push(4);
  assert.deepEqual(await read, [1, 2, 3]);
});

test("an error comes after what was pushed, once", async () => {
  const queue = new Queue({ limit: 10 });
  queue.push(1);
  queue.fail(new TypeError());
  assert.deepEqual(await all(queue), [1, "TypeError"]);
  assert.deepEqual(await all(queue), []);
});

test("one who waits is told of an error at once, and an abort goes before what was pushed", async () => {
  const queue = new Queue({ limit: 10 });
  const [first, second] = [queue.next(), queue.next()];
  queue.fail(new TypeError());
  await assert.rejects(first, TypeError);
  assert.deepEqual(await second, { value: undefined, done: true });
  const controller = new AbortController();
  /** @type {unknown[]} */
  const reasons = [];
  const other = new Queue({ signal: controller.signal, onLeave: (reason) => reasons.push(reason) });
  other.push(1);
  const reason = new RangeError();
  controller.abort(reason);
  assert.deepEqual(await all(other), ["RangeError"]);
  assert.deepEqual(reasons, [reason]);
  const late = new Queue({ signal: controller.signal });
  late.push(1);
  assert.deepEqual(await all(late), ["RangeError"]);
});

test("one who reads too slowly gets what was kept, and is told that there was more, as is whoever pushes", async () => {
  let count = 0;
  const queue = new Queue({ limit: 2, onBehind: () => (count += 1) });
  for (const value of [1, 2, 3, 4]) queue.push(value);
  assert.deepEqual([await all(queue), count], [[1, 2, "FellBehind"], 1]);
});

test("what is kept is counted by its size, and one value is kept whatever its size", async () => {
  const queue = new Queue({ limit: 10 });
  queue.push(1, 100);
  assert.deepEqual(await queue.next(), { value: 1, done: false });
  queue.push(2, 5);
  queue.push(3, 5);
  queue.push(4, 1);
  assert.deepEqual(await all(queue), [2, 3, "FellBehind"]);
  const newest = new Queue({ limit: 10, keyOf: () => "latest" });
  newest.push(1, 100);
  newest.push(2, 100);
  newest.end();
  assert.deepEqual(await all(newest), [2]);
});

test("a signal is let go when all has been read", async () => {
  const { signal } = new AbortController();
  let listening = 0;
  const counted = /** @type {any} */ ({
    addEventListener: () => (listening += 1),
    removeEventListener: () => (listening -= 1),
    aborted: signal.aborted,
  });
  const queue = new Queue({ signal: counted });
  queue.push(1);
  queue.end();
  assert.equal(listening, 1);
  assert.deepEqual(await all(queue), [1]);
  assert.equal(listening, 0);
});

test("where newer values replace older ones, nobody falls behind", async () => {
  const queue = new Queue({ limit: 2, keyOf: (/** @type {number} */ value) => value % 2 });
  for (const value of [1, 2, 3, 4, 5]) queue.push(value);
  queue.end();
  assert.deepEqual(await all(queue), [4, 5]);
});

test("who leaves the loop is said to have left, once, and not after the end", async () => {
  let count = 0;
  const queue = new Queue({ limit: 5, onLeave: () => (count += 1) });
  queue.push(1);
  queue.push(2);
  for await (const value of queue) if (value === 1) break;
  assert.equal(count, 1);
  await queue.return();
  assert.deepEqual(await all(queue), []);
  const ended = new Queue({ limit: 5, onLeave: () => (count += 1) });
  ended.end();
  await ended.return();
  assert.equal(count, 1);
});
