// How a part of a prediction is shown: by what its schema says, and by what it is where the schema says little.

import { webAddress } from "./format.js";
import { oddsOf } from "./odds.js";
import { typeOf } from "./part.js";
import { seriesOf } from "./series-columns.js";
import { layersOf } from "./pixels.js";

/** @typedef {import("./part.js").Part} Part */

/**
 * `flag` is yes or no, `label` one of several words, `moment` a date or a time, `gallery` several short words, `matrix` rows
 * of values, `json` what is too deep to be shown otherwise.
 *
 * @typedef {"nothing" | "flag" | "number" | "label" | "moment" | "link" | "text" | "image" | "audio" | "file" | "bars" | "series"
 *   | "numbers" | "pixels" | "table" | "matrix" | "gallery" | "list" | "object" | "json"} Kind
 */

const DEEPEST = 6;
const MOST_PARTS = 40;
const LONGEST_WORD = 60;
const MOMENTS = new Set(["date", "time", "date-time", "duration"]);
const MEDIA = /^data:(image|audio)\/[a-z0-9.+-]+;base64,/i;

/**
 * @param {Part} part
 * @returns {Kind}
 */
export function choose(part) {
  const { value, schema } = part;
  switch (typeOf(value)) {
    case "null":
    case "undefined":
      return "nothing";
    case "boolean":
      return "flag";
    case "integer":
    case "number":
      return "enum" in schema || "const" in schema ? "label" : "number";
    case "string":
      return kindOfText(/** @type {string} */ (value), schema);
    case "array":
      return kindOfArray(part, /** @type {unknown[]} */ (value));
    default:
      return kindOfObject(part);
  }
}

/**
 * @param {string} text
 * @param {import("./part.js").Schema} schema
 * @returns {Kind}
 */
function kindOfText(text, schema) {
  const { contentEncoding: encoding, contentMediaType: type = "", format } = schema;
  if (String(encoding).toLowerCase() === "base64") return mediaKind(String(type)) ?? "file";
  const media = MEDIA.exec(text.slice(0, LONGEST_WORD));
  if (media !== null) return mediaKind(media[0].slice(5)) ?? "text";
  if ("enum" in schema || "const" in schema) return "label";
  if (MOMENTS.has(format)) return "moment";
  return webAddress(text) === null ? "text" : "link";
}

/**
 * @param {string} type a media type
 * @returns {Kind | null}
 */
function mediaKind(type) {
  if (/^image\//i.test(type)) return "image";
  return /^audio\//i.test(type) ? "audio" : null;
}

/**
 * @param {Part} part
 * @param {unknown[]} values
 * @returns {Kind}
 */
function kindOfArray(part, values) {
  if (values.length === 0) return "nothing";
  if (oddsOf(part) !== null) return "bars";
  if (layersOf(part) !== null) return "pixels";
  const types = new Set(values.map(typeOf));
  const areAll = (/** @type {string[]} */ ...wanted) => [...types].every((type) => wanted.includes(type));
  if (areAll("number", "integer") && values.length > 2) return "numbers";
  if (areAll("object", "null")) return seriesOf(part) === null ? "table" : "series";
  if (areAll("array")) return values.every((row) => areFlat(/** @type {unknown[]} */ (row))) ? "matrix" : nested(part, values.length, "list");
  if (areAll("string", "number", "integer", "boolean", "null")) return kindOfFlat(values);
  return nested(part, values.length, "list");
}

/**
 * @param {unknown[]} values texts, numbers and the like
 * @returns {Kind}
 */
function kindOfFlat(values) {
  if (values.length > MOST_PARTS) return "table";
  const areWords = values.every((value) => typeof value !== "string" || (value.length <= LONGEST_WORD && !value.includes("\n") && webAddress(value) === null));
  return areWords ? "gallery" : "list";
}

/**
 * @param {Part} part
 * @returns {Kind}
 */
function kindOfObject(part) {
  const count = Object.keys(/** @type {object} */ (part.value)).length;
  if (count === 0) return "nothing";
  if (layersOf(part) !== null) return "pixels";
  if ("x-tensor" in part.schema) return "json";
  if (oddsOf(part) !== null) return "bars";
  if (seriesOf(part) !== null) return "series";
  return nested(part, count, "object");
}

/**
 * @param {Part} part
 * @param {number} count of its parts
 * @param {Kind} kind
 * @returns {Kind}
 */
function nested(part, count, kind) {
  if (part.depth > DEEPEST) return "json";
  return count > MOST_PARTS ? "table" : kind;
}

/** @param {unknown[]} row */
function areFlat(row) {
  return row.every((one) => typeof one !== "object" || one === null);
}
