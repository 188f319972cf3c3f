// The history as a file.

import { writeCsv } from "../files/csv.js";
import { columnsOf, flat } from "../files/flat.js";

/** @typedef {import("./shelf.js").KeptEntry} KeptEntry */

/** @param {readonly KeptEntry[]} entries */
export function asJson(entries) {
  return `${JSON.stringify(entries.map(told), null, 2)}\n`;
}

/** @param {readonly KeptEntry[]} entries */
export function asCsv(entries) {
  const rows = entries.map((entry) => {
    const { input, prediction, error, ...facts } = told(entry);
    const cells = new Map(Object.entries(facts).map(([name, value]) => [name, String(value)]));
    for (const [name, value] of Object.entries({ input, prediction, error })) flat(name, value, cells);
    return cells;
  });
  const columns = columnsOf(rows);
  return writeCsv([columns, ...rows.map((row) => columns.map((column) => row.get(column) ?? ""))]);
}

/** @param {KeptEntry} entry */
function told({ at, version, elapsedMs, input, prediction, error }) {
  return {
    time: new Date(at).toISOString(),
    ...(version === undefined ? {} : { model_version: version }),
    ...(elapsedMs === undefined ? {} : { milliseconds: Number(elapsedMs.toFixed(3)) }),
    input,
    prediction,
    error,
  };
}
