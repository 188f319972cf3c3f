// A file as rows: of cells, or of whole inputs.

import { parseCsv } from "../files/csv.js";

/** @typedef {{kind: "cells", names: string[], rows: string[][], firstLine: number}} CellFile */
/** @typedef {{kind: "inputs", rows: {input?: unknown, fault?: string}[]}} InputFile */

export const MOST_ROWS = 100_000;
export const MOST_BYTES = 64 * 1024 * 1024;

/** The file cannot be used, and why. */
export class BadFile extends Error {}

/**
 * @param {string} name
 * @param {string} text
 * @returns {CellFile | InputFile}
 */
export function read(name, text) {
  const file = isJson(name, text) ? ofJson(text) : ofCells(parseCsv(text));
  if (file.rows.length === 0) throw new BadFile("There are no rows in this file.");
  if (file.rows.length > MOST_ROWS) throw new BadFile(`This file has ${file.rows.length} rows; ${MOST_ROWS} are the most.`);
  return file;
}

/**
 * @param {string} name
 * @param {string} text
 */
function isJson(name, text) {
  if (/\.(json|jsonl|ndjson)$/i.test(name)) return true;
  return !/\.(csv|tsv)$/i.test(name) && /^\s*[[{]/.test(text);
}

/**
 * @param {string} text of one array of inputs, or of one input a line
 * @returns {InputFile}
 */
function ofJson(text) {
  const whole = parsed(text);
  if (Array.isArray(whole.input) && text.trimStart().startsWith("[") && text.trim().includes("\n")) {
    return { kind: "inputs", rows: whole.input.map((input) => ({ input })) };
  }
  const rows = text.split(/\r?\n/).filter((line) => line.trim() !== "").map(parsed);
  // One array alone, on one line, holds the inputs if these are objects.
  if (rows.length === 1 && Array.isArray(rows[0].input) && rows[0].input.every((one) => typeof one === "object" && one !== null && !Array.isArray(one))) {
    return { kind: "inputs", rows: rows[0].input.map((input) => ({ input })) };
  }
  return { kind: "inputs", rows };
}

/**
 * @param {string} text
 * @returns {{input?: unknown, fault?: string}}
 */
function parsed(text) {
  try {
    return { input: JSON.parse(text) };
  } catch (error) {
    return { fault: `This is not JSON: ${/** @type {Error} */ (error).message}` };
  }
}

/**
 * The first row names the columns, unless it is all numbers.
 *
 * @param {string[][]} rows
 * @returns {CellFile}
 */
function ofCells(rows) {
  const [first = [], ...others] = rows;
  const isData = first.every((cell) => cell.trim() !== "" && Number.isFinite(Number(cell)));
  if (isData) return { kind: "cells", names: first.map((_cell, index) => `Column ${index + 1}`), rows, firstLine: 1 };
  return { kind: "cells", names: first, rows: others, firstLine: 2 };
}
