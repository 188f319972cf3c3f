// A button that copies a text, and says so.

import { button } from "../dom.js";

const SAID_MS = 2_000;

/**
 * @param {string} label
 * @param {() => string | null} text asked for when it is pressed; null where there is nothing to copy
 * @param {import("../dom.js").Attributes} [attributes]
 */
export function copyButton(label, text, attributes) {
  const copy = button(label, copyText, attributes);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let saying;

  async function copyText() {
    const copied = text();
    if (copied === null) return;
    const isCopied = await navigator.clipboard.writeText(copied).then(
      () => true,
      () => false,
    );
    clearTimeout(saying);
    copy.textContent = isCopied ? "Copied" : "Not allowed to copy";
    saying = setTimeout(() => (copy.textContent = label), SAID_MS);
  }

  return copy;
}
