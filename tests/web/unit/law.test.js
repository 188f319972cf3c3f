// Whatever the network does, each call is settled once, with its own answer or with a reason that is true.

import assert from "node:assert/strict";
import test from "node:test";
import { settled } from "./fakes.js";
import { World } from "./world.js";

const CONVERSATIONS = 300;
const STEPS = 120;

/**
 * Numbers that are the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
function randomOf(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("each call is settled once, with its own answer or a true reason, whatever becomes of connections", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {Record<string, number>} */
  const outcomes = {};
  for (let seed = 1; seed <= CONVERSATIONS; seed += 1) {
    const random = randomOf(seed);
    const mocked = context.mock.method(Math, "random", random);
    const world = new World(random, (ms) => context.mock.timers.tick(ms));
    try {
      for (let step = 0; step < STEPS; step += 1) {
        world.step();
        await settled();
      }
      await world.finish();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    for (const [outcome, count] of Object.entries(world.outcomes)) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    mocked.mock.restore();
  }
  const expected = ["AbortError", "ConnectionLost", "DEADLINE_EXCEEDED", "SHUTTING_DOWN", "SUPERSEDED", "SessionEnded", "answered"];
  assert.deepEqual(Object.keys(outcomes).sort(), expected, "there was something of each kind to get wrong");
});
