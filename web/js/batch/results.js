// The rows of a file with what the model made of them, as a file.

import { writeCsv } from "../files/csv.js";
import { columnsOf, flat } from "../files/flat.js";

/** @typedef {import("./reading.js").CellFile} CellFile */
/** @typedef {import("./reading.js").InputFile} InputFile */
/** @typedef {import("./run.js").Result} Result */

const NOT_ASKED = Object.freeze({ fault: { code: "NOT_ASKED", message: "This row was not asked." } });

/**
 * The columns of the file as they were, and those of the predictions.
 *
 * @param {CellFile | InputFile} file
 * @param {readonly (Result | undefined)[]} results
 */
export function resultsAsCsv(file, results) {
  const given = file.kind === "cells" ? { names: file.names, rows: file.rows } : givenOf(file);
  const outcomes = Array.from(results, (result) => cellsOf(result));
  const columns = columnsOf(outcomes);
  const rows = given.rows.map((row, index) => [
    ...given.names.map((_name, at) => row[at] ?? ""),
    ...columns.map((column) => outcomes[index].get(column) ?? ""),
  ]);
  return writeCsv([[...given.names, ...columns], ...rows]);
}

/** @param {InputFile} file */
function givenOf({ rows }) {
  const cells = rows.map(({ input }) => flat("input", input));
  const names = columnsOf(cells);
  return { names, rows: cells.map((row) => names.map((name) => row.get(name) ?? "")) };
}

/** @param {Result | undefined} result */
function cellsOf(result) {
  const { prediction, fault } = /** @type {{prediction?: unknown, fault?: object}} */ (result ?? NOT_ASKED);
  return flat("error", fault, flat("prediction", prediction));
}

/**
 * @param {readonly unknown[]} inputs undefined where a row has none
 * @param {readonly (Result | undefined)[]} results
 */
export function resultsAsJsonLines(inputs, results) {
  return inputs
    .map((input, index) => {
      const { prediction, fault } = /** @type {{prediction?: unknown, fault?: object}} */ (results[index] ?? NOT_ASKED);
      return `${JSON.stringify({ input, prediction, error: fault })}\n`;
    })
    .join("");
}
