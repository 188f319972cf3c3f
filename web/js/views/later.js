// A part of a page whose code is loaded when the part is shown.

import { el, fill } from "../dom.js";
import { notice, tryAgain } from "./parts.js";

/**
 * @param {() => Promise<HTMLElement>} make
 * @param {string} [className] of what stands in its place until it is there
 * @param {() => HTMLElement} [waiting] stands there while it is loaded
 */
export function later(make, className = "later", waiting = loading) {
  const place = el("div", { class: className });

  async function load() {
    fill(place, waiting());
    try {
      place.replaceWith(await make());
    } catch {
      fill(place, notice({ title: "This part of the page could not be loaded.", tone: "bad" }, tryAgain(() => void load())));
    }
  }

  load();
  return place;
}

function loading() {
  return el("p", { class: "hint", role: "status" }, "Loading…");
}
