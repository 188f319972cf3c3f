// The page of an address that leads nowhere.

import { el } from "../dom.js";
import { notice } from "./parts.js";

/** @returns {import("../router.js").View} */
export function notFoundView() {
  return {
    title: "Not found",
    element: el(
      "div",
      {},
      el("h1", { tabindex: -1 }, "Not found"),
      notice({ title: "There is no page at this address." }, el("a", { href: "/", class: "button" }, "All models")),
    ),
  };
}
