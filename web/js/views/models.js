// The first page: which models there are, and which plugins could not be used.

import { el, fill, keepingFocus, newId } from "../dom.js";
import { badge, modelPaths, notice, skeleton, tryAgain } from "./parts.js";

/** @typedef {import("../api.js").Model} Model */
/** @typedef {import("../api.js").ModelVersion} ModelVersion */
/** @typedef {import("../api.js").Plugin} Plugin */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {import("../router.js").View} View */

/**
 * @param {Catalogue} catalogue
 * @returns {View}
 */
export function modelsView(catalogue) {
  const summary = el("p", { class: "lead", role: "status" });
  const content = el("div", { class: "stack" });
  let shown = "";

  function show() {
    const { models, plugins, error } = catalogue;
    const wanted = JSON.stringify([models, plugins, models === null && error?.message]);
    if (wanted === shown) return;
    shown = wanted;
    summary.textContent = models === null ? "" : inWords(models);
    keepingFocus(content, () => fill(content, ...contentOf(catalogue)));
  }

  fill(content, skeleton(3, "cards"));
  catalogue.addEventListener("change", show);
  if (catalogue.models !== null) show();
  return {
    title: "Models",
    element: el("div", {}, el("div", { class: "page-head" }, el("h1", { tabindex: -1 }, "Models"), summary), content),
    stop: () => catalogue.removeEventListener("change", show),
  };
}

/** @param {Catalogue} catalogue */
function contentOf(catalogue) {
  const { models, plugins, error } = catalogue;
  if (models === null) {
    const again = tryAgain(() => void catalogue.load());
    return [notice({ title: "The models could not be loaded", text: error?.message, tone: "bad" }, again)];
  }
  return [
    models.length === 0 ? nothingYet() : el("ul", { class: "cards" }, ...models.map(modelCard)),
    failedPlugins(plugins.filter(({ state }) => state === "failed")),
  ];
}

/** @param {Model[]} models */
function inWords(models) {
  if (models.length === 0) return "";
  const ready = models.filter(({ state }) => state === "ready").length;
  const count = models.length === 1 ? "One model" : `${models.length} models`;
  return ready === models.length ? `${count}, ready to use.` : `${count}, ${ready} ready to use.`;
}

/** @param {Model} model */
function modelCard({ qualified_name: name, display_name: title, description, state, versions }) {
  const paths = modelPaths(name);
  const id = newId();
  return el(
    "li",
    { class: "card model-card" },
    el("div", { class: "card-head" }, el("h2", { id }, title), badge(state)),
    el("p", { class: "facts" }, el("code", {}, name), ...versions.map(versionChip)),
    description && el("p", { class: "description" }, description),
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

/** @param {Plugin[]} plugins */
function failedPlugins(plugins) {
  if (plugins.length === 0) return null;
  return el(
    "section",
    { class: "failed-plugins", "aria-labelledby": "failed-plugins" },
    el("h2", { id: "failed-plugins" }, plugins.length === 1 ? "One plugin failed" : `${plugins.length} plugins failed`),
    el("p", { class: "hint" }, "What does not work is left out; everything else serves."),
    el("ul", { class: "cards" }, ...plugins.map(pluginCard)),
  );
}

/** @param {Plugin} plugin */
function pluginCard({ name, version, location, state, reason }) {
  return el(
    "li",
    { class: "card" },
    el("div", { class: "card-head" }, el("h3", {}, name), badge(state)),
    el("p", { class: "facts" }, version && el("span", { class: "version" }, version), el("code", {}, location)),
    el("p", { class: "reason" }, reason),
  );
}

const SNIPPET = `from tornado_ml import MLModel, hookimpl

class Echo(MLModel):
    qualified_name = "echo"
    …

@hookimpl
def register_models():
    return [Echo]`;

function nothingYet() {
  return el(
    "section",
    { class: "card empty" },
    el("img", { src: "/favicon.svg", alt: "", width: 56, height: 56 }),
    el("h2", {}, "No models yet"),
    el("p", {}, "Models come with plugins. Add one, then start the service again:"),
    el(
      "ul",
      { class: "ways" },
      el("li", {}, "Install a package that brings one: ", el("code", {}, "pip install ./plugins/iris_model")),
      el("li", {}, "Or write a Python file such as this one, in a folder named under ", el("code", {}, "[plugins] directories"), " in the settings:"),
    ),
    el("pre", { class: "json", tabindex: 0, role: "region", "aria-label": "A plugin" }, el("code", {}, SNIPPET)),
  );
}
