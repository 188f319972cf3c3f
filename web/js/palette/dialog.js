// A dialog above the page; closed by Escape, or by a click beside it. The focus goes back to where it was.

import { el } from "../dom.js";

/**
 * @param {string} label
 * @param {string} className
 * @param {...import("../dom.js").Child} children
 */
export function openDialog(label, className, ...children) {
  const dialog = el("dialog", { class: className, "aria-label": label }, ...children);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
