import assert from "node:assert/strict";
import { test } from "node:test";

import { parseCsv, writeCsv } from "../../../web/js/files/csv.js";

test("what is written as CSV is read from it", () => {
  const rows = [["a", "b c", 'say "hi"'], ["1,5", "two\r\nlines", ""], [" spaced ", "", "-2.5"]];
  assert.deepEqual(parseCsv(writeCsv(rows)), rows);
});

test("CSV is read as programs write it", () => {
  assert.deepEqual(parseCsv("\u{feff}a;b\r1;2,5\r\r"), [["a", "b"], ["1", "2,5"]]);
  assert.deepEqual(parseCsv("a\tb\n1\t"), [["a", "b"], ["1", ""]]);
  assert.deepEqual(parseCsv('"a,""b"""x,c\n,\n1'), [['a,"b"x', "c"], ["1"]]);
  assert.deepEqual(parseCsv('"never closed,\n1'), [["never closed,\n1"]]);
  assert.deepEqual(parseCsv(""), []);
});

test("what a spreadsheet would run is kept from that, and numbers stay numbers", () => {
  assert.equal(writeCsv([["=1+1", "+x", "-5", "-.5", "@x", "-"]]), "'=1+1,'+x,-5,-.5,'@x,-\r\n");
});
