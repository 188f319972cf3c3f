// Opens the palette at once, so that nothing is lost of what is typed while the rest of it is being loaded.

import { el } from "../dom.js";
import { openDialog } from "./dialog.js";

/** @param {(dialog: HTMLDialogElement) => Promise<void>} fill */
export async function openPalette(fill) {
  if (document.querySelector("dialog[open]")) return;
  const field = el("input", {
    type: "text",
    role: "combobox",
    "aria-label": "Find a model or an action",
    "aria-expanded": "true",
    "aria-autocomplete": "list",
    placeholder: "Find a model or an action…",
    autocomplete: "off",
    spellcheck: "false",
  });
  const dialog = openDialog("Go to", "palette", field);
  dialog.style.opacity = "0";
  field.focus();
  try {
    await fill(dialog);
    dialog.style.opacity = "";
  } catch {
    dialog.close(); // the bar above the page says that the service is away
  }
}
