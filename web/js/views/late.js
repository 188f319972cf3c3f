// A page whose code is loaded when somebody goes to it. Its heading is there at once, and keeps the focus.

import { el, fill, keepingFocus } from "../dom.js";
import { notice, skeleton, tryAgain } from "./parts.js";

/** @typedef {import("../router.js").View} View */

/**
 * @param {string} title also of its heading, which has the focus key `heading`
 * @param {() => Promise<View>} make
 * @returns {View}
 */
export function lateView(title, make) {
  const head = el("div", { class: "page-head" }, el("h1", { tabindex: -1, "data-focus-key": "heading" }, title));
  const place = el("div", {}, head, skeleton(3, "cards"));
  /** @type {View | null} */
  let view = null;
  let isGone = false;

  async function load() {
    try {
      const made = await make();
      if (isGone) return made.stop?.();
      view = made;
      keepingFocus(place, () => fill(place, made.element));
    } catch {
      fill(place, head, notice({ title: "This page could not be loaded.", tone: "bad" }, tryAgain(() => void load())));
    }
  }

  load();
  return {
    title,
    element: place,
    stop() {
      isGone = true;
      view?.stop?.();
    },
  };
}
