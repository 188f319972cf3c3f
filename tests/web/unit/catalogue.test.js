import assert from "node:assert/strict";
import test from "node:test";
import { Catalogue } from "../../../web/js/catalogue.js";
import { Queue } from "../../../web/js/client/queue.js";
import { settled } from "./fakes.js";

/**
 * @param {string} name
 * @param {string} state
 * @returns {any}
 */
function model(name, state) {
  return { qualified_name: name, state, versions: [{ model_version: "1.0", state }] };
}

/**
 * A catalogue of what `listed` holds, and the queue that its service pushes models through.
 *
 * @param {import("node:test").TestContext} context
 * @param {any[]} listed
 */
function start(context, listed) {
  /** @type {string[]} */
  const asked = [];
  context.mock.method(globalThis, "fetch", async (/** @type {string} */ path) => {
    asked.push(path);
    return Response.json(path === "/api/models" ? { models: listed } : { plugins: [] });
  });
  const catalogue = new Catalogue();
  const pushed = new Queue({ limit: 100 });
  catalogue.follow(/** @type {any} */ ({ subscribeModels: () => pushed }));
  return { catalogue, pushed, asked };
}

/** @param {Catalogue} catalogue */
function states(catalogue) {
  return catalogue.models?.map(({ qualified_name: name, state }) => `${name} ${state}`);
}

test("a state that is pushed takes the place of the one that was listed, without asking", async (context) => {
  const { catalogue, pushed, asked } = start(context, [model("a", "loading"), model("b", "ready")]);
  await catalogue.load();
  let count = 0;
  catalogue.addEventListener("change", () => (count += 1));
  for (const pushedModel of [model("a", "loading"), model("b", "ready"), model("a", "ready")]) pushed.push(pushedModel);
  await settled();
  assert.deepEqual(states(catalogue), ["a ready", "b ready"]);
  assert.deepEqual([count, asked.length], [1, 1]);
});

test("what is pushed while the list is being loaded is newer than the list", async (context) => {
  const { catalogue, pushed } = start(context, [model("a", "loading")]);
  const loading = catalogue.load();
  for (const pushedModel of [model("a", "ready"), model("new", "loading"), model("gone", "unloading")]) pushed.push(pushedModel);
  await loading;
  assert.deepEqual(states(catalogue), ["a ready", "new loading"]);
});

test("the plugins are loaded from when a page asks for them, and then with the list each time", async (context) => {
  const { catalogue, asked } = start(context, []);
  const loading = catalogue.load();
  await Promise.all([catalogue.includePlugins(), catalogue.includePlugins()]);
  await Promise.all([loading, catalogue.load()]);
  const withPlugins = ["/api/models", "/api/plugins"];
  assert.deepEqual(asked, ["/api/models", ...withPlugins, ...withPlugins]);
});

test("a model that is new, and one that goes, have the list loaded again", async (context) => {
  const listed = [model("a", "ready")];
  const { catalogue, pushed } = start(context, listed);
  await catalogue.load();
  listed.push(model("b", "loading"));
  pushed.push(model("b", "loading"));
  await settled();
  assert.deepEqual(states(catalogue), ["a ready", "b loading"]);
  listed.shift();
  pushed.push(model("a", "unloading"));
  await settled();
  assert.deepEqual(states(catalogue), ["b loading"]);
});

test("one may wait for a model that is loading, and give up", async (context) => {
  const listed = [model("a", "loading"), model("b", "failed")];
  const { catalogue, pushed } = start(context, listed);
  const controller = new AbortController();
  const waits = catalogue.becomesReady("a", controller.signal);
  assert.equal(await catalogue.becomesReady("b", controller.signal), false);
  const givesUp = catalogue.becomesReady("a", AbortSignal.abort(new RangeError()));
  await assert.rejects(givesUp, RangeError);
  pushed.push(model("a", "ready"));
  assert.equal(await waits, true);
});
