// A prediction for people: each part as what it is.

import { el, fill } from "../dom.js";
import { showBars } from "./bars.js";
import { showPixels } from "./canvas.js";
import { choose } from "./choose.js";
import { showGallery, showJson, showList, showObject } from "./groups.js";
import { showAudio, showFile, showImage } from "./media.js";
import { Part } from "./part.js";
import { showFlag, showLabel, showLink, showMoment, showNothing, showNumber } from "./scalars.js";
import { showSeries } from "./series.js";
import { showNumbers } from "./sparkline.js";
import { showTable } from "./table.js";
import { showText } from "./text.js";
import { loadWidget, widgetFor } from "../widgets.js";

/** @typedef {import("./choose.js").Kind} Kind */
/** @typedef {import("./groups.js").Show} Show */
/** @typedef {import("../widgets.js").WidgetEntry} WidgetEntry */
/** @typedef {import("../schema/follow.js").Schema} Schema */

export { summaryOf } from "./summary.js";

/** @type {Readonly<Record<Kind, (part: Part, show: Show) => Node>>} */
const RENDERERS = Object.freeze({
  nothing: showNothing,
  flag: showFlag,
  number: showNumber,
  label: showLabel,
  moment: showMoment,
  link: showLink,
  text: showText,
  image: showImage,
  audio: showAudio,
  file: showFile,
  bars: showBars,
  series: showSeries,
  numbers: showNumbers,
  pixels: showPixels,
  table: showTable,
  matrix: showTable,
  gallery: showGallery,
  list: showList,
  object: showObject,
  json: showJson,
});

/**
 * @param {unknown} prediction
 * @param {Schema | boolean} schema
 * @param {readonly WidgetEntry[]} widgets
 */
export function renderOutput(prediction, schema, widgets) {
  return show(new Part(prediction, schema, { root: schema, widgets }));
}

/** @param {Part} part */
function show(part) {
  const widget = widgetFor(part.widgets, "output", part.schema, part.depth === 0);
  return widget === undefined ? generic(part) : ofWidget(widget, part);
}

/**
 * Whatever goes wrong with one part leaves the others as they are.
 *
 * @param {Part} part
 * @returns {Node}
 */
function generic(part) {
  try {
    const kind = choose(part);
    const node = RENDERERS[kind](part, show);
    return part.depth === 0 ? el("div", { class: "whole", "data-kind": kind }, node) : node;
  } catch (error) {
    console.error(error);
    return showJson(part);
  }
}

/**
 * @param {WidgetEntry} widget
 * @param {Part} part
 */
function ofWidget(widget, part) {
  const slot = el("div", { class: "widget" });
  const { value, schema, root, label } = part;
  loadWidget(widget, "output")
    .then((output) => fill(slot, output(structuredClone(value), { schema, root, label })))
    .catch((error) => {
      console.info(`The widget ${widget.name} failed; its value is shown as any other.`, error);
      fill(slot, generic(part));
    });
  return slot;
}
