// A prediction in one sentence, for who listens.

import { choose } from "./choose.js";
import { counted, inline, shortened, shownMoment, shownPercent } from "./format.js";
import { oddsOf } from "./odds.js";
import { Part } from "./part.js";
import { seriesOf } from "./series-columns.js";

/** @typedef {import("./choose.js").Kind} Kind */
/** @typedef {import("../schema/follow.js").Schema} Schema */

const MOST_PARTS = 4;
const LONGEST = 120;

/** @type {Partial<Record<Kind, (part: Part) => string>>} */
const SAYINGS = {
  nothing: () => "nothing",
  number: ({ value, unit }) => inline(value) + (unit && ` ${unit}`),
  moment: ({ value, schema }) => shownMoment(String(value), schema.format) ?? shortened(String(value), LONGEST),
  bars: ofBars,
  series: (part) => `chart of ${counted(seriesOf(part)?.positions.length ?? 0, "point")}`,
  object: (part) => (part.depth > 0 ? counted(part.keys.length, "part") : ofObject(part)),
  image: () => "an image",
  audio: () => "a sound",
  file: () => "a file",
  pixels: () => "an image",
};

/**
 * @param {unknown} prediction
 * @param {Schema | boolean} schema
 */
export function summaryOf(prediction, schema) {
  return said(new Part(prediction, schema, { root: schema, widgets: [] }));
}

/**
 * @param {Part} part
 * @returns {string}
 */
function said(part) {
  const say = SAYINGS[choose(part)];
  if (say !== undefined) return say(part);
  return Array.isArray(part.value) ? counted(part.value.length, "item") : inline(part.value, LONGEST);
}

/** @param {Part} part */
function ofBars(part) {
  const [{ name, share }] = oddsOf(part) ?? [{ name: "", share: 0 }];
  return `${shortened(name, LONGEST)}, ${shownPercent(share)}`;
}

/** @param {Part} part */
function ofObject(part) {
  const first = part.parts.slice(0, MOST_PARTS).map((below) => `${shortened(below.label, LONGEST)}: ${said(below)}`);
  const more = part.keys.length - first.length;
  return `${first.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}
