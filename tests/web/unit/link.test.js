import assert from "node:assert/strict";
import { test } from "node:test";

import { inputIn, linkTo } from "../../../web/js/link.js";

const PAGE = "http://service.example/models/iris_model/predict";

test("what is put into a link is read from it", () => {
  for (const input of [null, 0, "", [], { a: [1, { b: "ü \u{1f33b} \u2028 %23#&=+" }] }, JSON.parse('{"__proto__": 1}')]) {
    const link = linkTo(`${PAGE}#anything`, input);
    assert.equal(link?.startsWith(`${PAGE}#input=`), true);
    assert.deepEqual(inputIn(new URL(String(link)).hash), { input });
  }
});

test("a link has no sign that ends it in a text", () => {
  assert.doesNotMatch(String(linkTo(PAGE, "it's (a) *test*! ~")), /[\s'"()*!~<>]/);
});

test("what is too large for a link is not put into one", () => {
  assert.equal(linkTo(PAGE, "x".repeat(20_000)), null);
});

test("other fragments carry no input", () => {
  assert.deepEqual(["", "#live", "#inputs=1"].map(inputIn), [null, null, null]);
});

test("what cannot be read, or is nested without end, is told from what can", () => {
  const hostile = ["", "%", "%ff", "{", "undefined", "1;alert(1)", "[".repeat(10_000), "1".repeat(1_000_000), "[".repeat(65) + "]".repeat(65)];
  assert.deepEqual([...new Set(hostile.map((text) => inputIn(`#input=${text}`)))], ["unreadable"]);
});
