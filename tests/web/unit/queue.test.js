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
  const other = new Queue({ limit: 10 });
  other.push(1);
  other.abort(new RangeError());
  assert.deepEqual(await all(other), ["RangeError"]);
});

test("one who reads too slowly gets what was kept, and is told that there was more", async () => {
  const queue = new Queue({ limit: 2 });
  for (const value of [1, 2, 3, 4]) queue.push(value);
  assert.deepEqual(await all(queue), [1, 2, "FellBehind"]);
});

test("where newer values replace older ones, nobody falls behind", async () => {
  const queue = new Queue({ limit: 2, keyOf: (/** @type {number} */ value) => value % 2 });
  for (const value of [1, 2, 3, 4, 5]) queue.push(value);
  queue.end();
  assert.deepEqual(await all(queue), [4, 5]);
});

test("who leaves the loop is said to have left, once, and not after the end", async () => {
  let count = 0;
  const queue = new Queue({ limit: 5, onReturn: () => (count += 1) });
  queue.push(1);
  queue.push(2);
  for await (const value of queue) if (value === 1) break;
  assert.equal(count, 1);
  await queue.return();
  assert.deepEqual(await all(queue), []);
  const ended = new Queue({ limit: 5, onReturn: () => (count += 1) });
  ended.end();
  await ended.return();
  assert.equal(count, 1);
});
