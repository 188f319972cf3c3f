// Keys that act, unless someone is typing.

/** @typedef {import("./actions.js").Actions} Actions */

const FIELDS = "input, textarea, select, [contenteditable], [role='textbox'], [role='slider']";
const IS_APPLE = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** What opens the palette, wherever the focus is: with that key nothing is typed. */
export const PALETTE_CHORD = IS_APPLE ? "⌘ K" : "Ctrl K";

/**
 * @param {Actions} actions
 * @param {() => void} openPalette
 */
export function startShortcuts(actions, openPalette) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (isPaletteChord(event)) {
      event.preventDefault();
      openPalette();
      return;
    }
    const found = isFree(event) ? actions.all().find(({ key }) => key === event.key) : undefined;
    if (found === undefined) return;
    event.preventDefault();
    found.act();
  });
}

/** @param {KeyboardEvent} event */
function isPaletteChord({ key, metaKey, ctrlKey, altKey, shiftKey }) {
  return key.toLowerCase() === "k" && (IS_APPLE ? metaKey && !ctrlKey : ctrlKey && !metaKey) && !altKey && !shiftKey;
}

/** @param {KeyboardEvent} event */
function isFree(event) {
  const [target] = event.composedPath();
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return false;
  return !(target instanceof Element && target.closest(FIELDS));
}
