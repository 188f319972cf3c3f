// What the two pages of a model share: its name, state and tabs, and a body once its metadata is there.

import { ApiError } from "../api.js";
import { el, fill, keepingFocus } from "../dom.js";
import { ModelDetails } from "../model-details.js";
import { setTitle } from "../router.js";
import { badge, modelPaths, notice, skeleton, tryAgain } from "./parts.js";

/** @typedef {import("../api.js").Metadata} Metadata */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {import("../router.js").View} View */
/** @typedef {import("../api.js").Model} Model */

/**
 * @param {object} page
 * @param {string} page.name of the model
 * @param {"Predict" | "Metadata"} page.tab
 * @param {Catalogue} page.catalogue
 * @param {(metadata: Metadata) => HTMLElement} page.body made again only when what it is made from changes
 * @param {() => void} [page.stop]
 * @returns {View}
 */
export function modelPage({ name, tab, catalogue, body, stop }) {
  const { element, head } = takeServed() ?? madeAnew(name);
  const standing = el("div", { class: "standing", role: "status" });
  const content = el("div");
  const details = new ModelDetails(name, catalogue);
  let shownBody = "";

  function show() {
    const { model, missing, error } = details;
    if (missing) showMissing();
    else if (model !== null) showModel(model);
    else if (error !== null) {
      const isForbidden = error instanceof ApiError && error.status === 403;
      const title = isForbidden ? "You may not use this model" : "The model could not be loaded";
      fill(standing, notice({ title, text: error.message, tone: "bad" }, tryAgain(details.load)));
      fill(content);
    }
  }

  function showMissing() {
    shownBody = "";
    setTitle("Model not found");
    keepingFocus(head, () => fill(head, heading("Model not found")));
    const title = `The service knows no model named “${name}”.`;
    const text = "It may have another name, or its plugin may have failed to load.";
    fill(standing, notice({ title, text }, el("a", { href: "/", class: "button" }, "All models")));
    fill(content);
  }

  /** @param {Model | Metadata} model */
  function showModel(model) {
    setTitle(`${model.display_name} · ${tab}`);
    const drawn = el("div", { class: "model-head" }, ...headOf(model, tab));
    if (!drawn.isEqualNode(head)) keepingFocus(head, () => fill(head, ...drawn.childNodes));
    fill(standing, standingOf(model));
    if (!("input_schema" in model)) {
      if (shownBody === "") fill(content);
      return;
    }
    const wanted = JSON.stringify(detailsOf(model));
    if (wanted === shownBody) return;
    shownBody = wanted;
    fill(content, body(model));
  }

  fill(content, skeleton(2, "bench"));
  element.append(standing, content);
  details.addEventListener("change", show);
  return {
    title: `${name} · ${tab}`,
    element,
    stop() {
      details.stop();
      stop?.();
    },
  };
}

/** The head that came with the document, so that nobody waited for it; null on all but the first page. */
function takeServed() {
  const element = document.querySelector(".model-page[data-served]");
  if (!(element instanceof HTMLElement) || element.firstElementChild === null) return null;
  element.removeAttribute("data-served");
  return { element, head: element.firstElementChild };
}

/** @param {string} name */
function madeAnew(name) {
  const head = el("div", { class: "model-head" }, heading(name));
  return { element: el("div", { class: "model-page" }, head), head };
}

/**
 * What a body is made from.
 *
 * @param {Metadata} model
 */
function detailsOf({ input_schema, output_schema, partial_schema, session_schema, examples, capabilities, widgets }) {
  return [input_schema, output_schema, partial_schema, session_schema, examples, capabilities, widgets];
}

/**
 * @param {Model} model
 * @param {"Predict" | "Metadata"} tab
 */
function headOf({ qualified_name: name, display_name: title, description, major_version, minor_version, state }, tab) {
  const paths = modelPaths(name);
  return [
    el("nav", { class: "crumbs", "aria-label": "Breadcrumb" }, el("a", { href: "/", "data-focus-key": "all" }, "Models")),
    heading(title),
    el(
      "p",
      { class: "facts" },
      badge(state),
      el("span", { class: "version" }, `version ${major_version}.${minor_version}`),
      el("code", {}, name),
    ),
    description && el("p", { class: "lead" }, description),
    el(
      "nav",
      { class: "tabs", "aria-label": "Pages of this model" },
      ...Object.entries({ Predict: paths.predict, Metadata: paths.metadata }).map(([label, href]) =>
        el("a", { href, "aria-current": label === tab && "page", "data-focus-key": label }, label),
      ),
    ),
  ];
}

/** @param {string} text */
function heading(text) {
  return el("h1", { tabindex: -1, "data-focus-key": "heading" }, text);
}

/** @param {Model} model */
function standingOf({ state, versions }) {
  const reason = versions.find((version) => version.state === state)?.reason ?? "";
  if (state === "loading") {
    return notice({ title: "This model is loading", text: "It can be used as soon as it is ready.", tone: "busy" });
  }
  if (state === "failed") return notice({ title: "This model failed to load", text: reason, tone: "bad" });
  if (state === "unloading") return notice({ title: "This model is being unloaded", text: reason, tone: "busy" });
  return null;
}
