// Images, sounds and files that a prediction holds.

import { el } from "../dom.js";
import { shortened, shownBytes } from "./format.js";

/** @typedef {import("./part.js").Part} Part */

const MEDIA_TYPE = /^[a-z]+\/[a-z0-9.+-]+$/i;
const LONGEST_NAME = 60;

/** @param {Part} part */
export function showImage(part) {
  const { address, type, bytes } = contentOf(part);
  const image = el("img", { class: "picture", alt: part.description || `Image: ${part.label || "prediction"}` });
  const about = el("figcaption", { class: "small-print" }, `${type}, ${shownBytes(bytes)}`);
  const figure = el("figure", { class: "media" }, image, about);
  image.addEventListener("load", () => {
    about.textContent = `${image.naturalWidth} × ${image.naturalHeight}, ${type}, ${shownBytes(bytes)}`;
  });
  image.addEventListener("error", () => image.replaceWith(el("p", { class: "hint" }, "This browser cannot show the image.")));
  image.src = address;
  figure.append(download(part, address));
  return figure;
}

/** @param {Part} part */
export function showAudio(part) {
  const { address, type, bytes } = contentOf(part);
  const player = el("audio", { controls: true, "aria-label": part.label || "Prediction" });
  const about = el("figcaption", { class: "small-print" }, `${type}, ${shownBytes(bytes)}`);
  player.addEventListener("error", () => player.replaceWith(el("p", { class: "hint" }, "This browser cannot play the sound.")));
  player.src = address;
  return el("figure", { class: "media" }, player, about, download(part, address));
}

/** @param {Part} part */
export function showFile(part) {
  const { address, type, bytes } = contentOf(part);
  return el("p", { class: "media" }, el("span", { class: "small-print" }, `${type}, ${shownBytes(bytes)} `), download(part, address));
}

/**
 * @param {Part} part
 * @param {string} address
 */
function download({ label }, address) {
  const name = shortened((label || "prediction").replace(/[^\p{L}\p{N} ._-]+/gu, "-"), LONGEST_NAME);
  return el("a", { href: address, download: name, class: "download" }, "Download");
}

/**
 * The bytes at an address of their own. An image or a sound is all that is made of them: no document is opened there.
 *
 * @param {Part} part base64, or a `data:` address
 */
function contentOf({ value, schema }) {
  const text = String(value);
  const comma = text.startsWith("data:") ? text.indexOf(",") : -1;
  const said = comma < 0 ? String(schema.contentMediaType ?? "") : text.slice("data:".length, comma).split(";")[0];
  const type = MEDIA_TYPE.test(said) ? said : "application/octet-stream";
  const base64 = text.slice(comma + 1).replace(/\s+/g, "");
  const bytes = Math.max(0, Math.floor((base64.length * 3) / 4) - (base64.endsWith("==") ? 2 : Number(base64.endsWith("="))));
  return { address: `data:${type};base64,${base64}`, type, bytes };
}
