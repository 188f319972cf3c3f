// A model in the list of all.

import { el, newId } from "../dom.js";
import { badge, modelPaths } from "./parts.js";

/** @typedef {import("../api.js").Model} Model */
/** @typedef {import("../api.js").ModelVersion} ModelVersion */

/** @param {Model} model */
export function modelCard({ qualified_name: name, display_name: title, description, state, versions }) {
  const paths = modelPaths(name);
  const id = newId();
  return el(
    "li",
    { class: "card model-card" },
    el("div", { class: "card-head" }, el("h2", { id, dir: "auto" }, title), badge(state)),
    el("p", { class: "facts" }, el("code", {}, name), ...versions.map(versionChip)),
    description && el("p", { class: "description", dir: "auto" }, description),
    ...versions.filter(({ reason }) => reason).map(({ model_version, reason }) => el("p", { class: "reason" }, `${model_version}: ${reason}`)),
    el(
      "div",
      { class: "actions" },
      el("a", { href: paths.predict, class: state === "ready" ? "button primary" : "button", "aria-describedby": id, "data-focus-key": paths.predict }, "Predict"),
      el("a", { href: paths.metadata, class: "button", "aria-describedby": id, "data-focus-key": paths.metadata }, "Metadata"),
    ),
  );
}

/** @param {ModelVersion} version */
function versionChip({ model_version, state }) {
  return el("span", { class: "version" }, state === "ready" ? model_version : `${model_version} ${state}`);
}
