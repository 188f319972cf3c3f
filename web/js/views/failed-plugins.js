// Plugins that could not be used, each with the reason, and with the traceback for who may see it.

import { el } from "../dom.js";
import { badge } from "./parts.js";

/** @typedef {import("../api.js").Plugin} Plugin */

/** @param {Plugin[]} plugins */
export function failedPlugins(plugins) {
  return el(
    "section",
    { class: "failed-plugins", "aria-labelledby": "failed-plugins" },
    el("h2", { id: "failed-plugins" }, plugins.length === 1 ? "One plugin failed" : `${plugins.length} plugins failed`),
    el("p", { class: "hint" }, "What does not work is left out; everything else serves."),
    el("ul", { class: "cards" }, ...plugins.map(pluginCard)),
  );
}

/** @param {Plugin} plugin */
function pluginCard({ name, version, location, state, reason, traceback }) {
  return el(
    "li",
    { class: "card" },
    el("div", { class: "card-head" }, el("h3", {}, name), badge(state)),
    el("p", { class: "facts" }, version && el("span", { class: "version" }, version), el("code", {}, location)),
    el("p", { class: "reason" }, reason),
    traceback &&
      el(
        "details",
        {},
        el("summary", {}, "Traceback"),
        el("pre", { class: "traceback", tabindex: "0", role: "region", "aria-label": `Traceback of ${name}` }, traceback),
      ),
  );
}
