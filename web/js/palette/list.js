// The list of the keys that act on the page that is shown.

import { button, el } from "../dom.js";
import { stylesheet } from "../stylesheet.js";
import { openDialog } from "./dialog.js";
import { keyTexts } from "./keys.js";

/** @param {readonly import("../actions.js").Action[]} actions */
export async function openShortcutList(actions) {
  await stylesheet("/css/palette.css");
  if (document.querySelector("dialog[open]")) return;
  const rows = actions.filter((action) => keyTexts(action).length > 0).map((action) =>
    el("tr", {}, el("th", { scope: "row" }, action.name), el("td", {}, ...keyTexts(action).flatMap((key) => [el("kbd", {}, key), " "]))),
  );
  const close = button("Close", () => dialog.close(), { class: "small" });
  const dialog = openDialog(
    "Keyboard shortcuts",
    "shortcuts",
    el("div", { class: "card-head" }, el("h2", {}, "Keyboard shortcuts"), close),
    el("p", { class: "hint" }, "Single keys act where nothing is being typed."),
    el("table", {}, el("caption", { class: "visually-hidden" }, "Actions and their keys"), el("tbody", {}, ...rows)),
  );
  close.focus();
}
