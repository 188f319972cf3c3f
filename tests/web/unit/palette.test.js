import assert from "node:assert/strict";
import { test } from "node:test";

import { Actions } from "../../../web/js/actions.js";
import { rank, wordsOf } from "../../../web/js/search.js";

/**
 * @param {string} query
 * @param {string[][]} candidates
 */
function found(query, candidates) {
  const words = wordsOf(query);
  const ranked = candidates.map((texts) => ({ name: texts[0], place: rank(words, texts) }));
  return ranked.filter(({ place }) => place !== null).sort((one, other) => Number(one.place) - Number(other.place)).map(({ name }) => name);
}

test("every word must be somewhere, in whatever order, case and accent", () => {
  const models = [["Iris Model", "iris_model", "flowers"], ["Résumé", "cv", "of a flower girl"]];
  assert.deepEqual(found("FLOWER resume", models), ["Résumé"]);
  assert.deepEqual(found("flower", models), ["Iris Model", "Résumé"]);
  assert.deepEqual(found("model iris", models), ["Iris Model"]);
  assert.deepEqual(found("nothing", models), []);
});

test("the beginning of a name counts most, then that of a word, then the rest, then other texts", () => {
  assert.deepEqual(found("an", [["Titanic"], ["Big animal"], ["Anomaly"], ["Zoo", "an"]]), ["Anomaly", "Big animal", "Titanic", "Zoo"]);
});

test("without words everything is found, in its order", () => {
  assert.deepEqual(found(" ", [["b"], ["a"]]), ["b", "a"]);
});

test("the actions of the page that is shown come first, and go with it", () => {
  const actions = new Actions();
  let isPossible = false;
  const act = () => {};
  actions.add([{ name: "everywhere", act }]);
  const remove = actions.add([{ name: "here", act }, { name: "sometimes", isPossible: () => isPossible, act }]);
  assert.deepEqual(actions.all().map(({ name }) => name), ["here", "everywhere"]);
  isPossible = true;
  assert.deepEqual(actions.all().map(({ name }) => name), ["here", "sometimes", "everywhere"]);
  remove();
  assert.deepEqual(actions.all().map(({ name }) => name), ["everywhere"]);
});
