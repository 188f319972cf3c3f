// What the frame around every page offers: the palette, and the list of shortcuts.

import { button, el } from "../dom.js";
import { PALETTE_CHORD } from "../shortcuts.js";

/** @param {{openPalette: () => void, openShortcutList: () => void}} acts */
export function showFrame({ openPalette, openShortcutList }) {
  const find = button("Find", openPalette, { class: "find", "aria-keyshortcuts": "Control+K Meta+K" });
  find.append(el("kbd", { "aria-hidden": "true" }, PALETTE_CHORD));
  document.querySelector(".site-head .connection")?.before(find);
  document.querySelector(".site-foot nav")?.after(button("Keyboard shortcuts", openShortcutList, { class: "link", "aria-keyshortcuts": "?" }));
}
