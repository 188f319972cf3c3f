// The first page: which models there are, and which plugins could not be used.

import { button, el, fill, keepingFocus } from "../dom.js";
import { later } from "./later.js";
import { ModelGrid } from "./model-grid.js";
import { nothingYet } from "./nothing-yet.js";
import { notice, skeleton, tryAgain } from "./parts.js";

/** @typedef {import("../actions.js").Actions} Actions */
/** @typedef {import("../api.js").Model} Model */
/** @typedef {import("../api.js").Plugin} Plugin */
/** @typedef {import("../catalogue.js").Catalogue} Catalogue */
/** @typedef {import("../router.js").View} View */

/** Fewer than this are seen at a glance. */
const MANY = 6;

/**
 * @param {Catalogue} catalogue
 * @param {Actions} actions
 * @returns {View}
 */
export function modelsView(catalogue, actions) {
  const summary = el("p", { class: "lead", role: "status" });
  const grid = new ModelGrid();
  const search = searchField((query) => showQuery(query), () => grid.openFirst(), () => grid.focusFirst());
  const list = el("div", { class: "stack" });
  const noMatch = el("div", { hidden: true });
  const aside = el("div");
  let shownPlugins = "";
  let frame = 0;

  function show() {
    frame = 0;
    const { models, plugins, error } = catalogue;
    search.hidden = models === null || models.length < MANY;
    if (models === null) {
      if (error !== null) keepingFocus(list, () => fill(list, notLoaded(error, catalogue)));
      return;
    }
    grid.update(models);
    const wanted = models.length > 0 ? grid.element : emptyList;
    if (list.firstChild !== wanted) fill(list, wanted);
    showQuery(search.value);
    showPlugins(plugins.filter(({ state }) => state === "failed"));
  }

  /** @param {string} query */
  function showQuery(query) {
    const models = catalogue.models ?? [];
    const count = grid.filter(query);
    const words = query.trim() === "" ? inWords(models) : `${count} of ${models.length} models found.`;
    if (summary.textContent !== words) summary.textContent = words;
    noMatch.hidden = count > 0 || models.length === 0;
    if (noMatch.hidden || noMatch.dataset.query === query) return;
    noMatch.dataset.query = query;
    fill(noMatch, nothingFound(query, clearSearch));
  }

  function clearSearch() {
    search.value = "";
    search.dispatchEvent(new Event("input"));
    search.focus();
  }

  /** @param {Plugin[]} failed */
  function showPlugins(failed) {
    const wanted = JSON.stringify(failed);
    if (wanted === shownPlugins) return;
    shownPlugins = wanted;
    if (failed.length === 0) fill(aside);
    else fill(aside, later(async () => (await import("./failed-plugins.js")).failedPlugins(failed)));
  }

  /** However many models change at the same time, the list is written once a frame. */
  const showSoon = () => (frame ||= requestAnimationFrame(show));
  const remove = actions.add([{ name: "Search the models", key: "/", isPossible: () => !search.hidden, act: () => search.focus() }]);
  const emptyList = nothingYet();

  fill(list, skeleton(3, "cards"));
  catalogue.addEventListener("change", showSoon);
  if (catalogue.models !== null) show();
  return {
    title: "Models",
    element: el("div", {}, el("div", { class: "page-head" }, el("h1", { tabindex: -1, "data-focus-key": "heading" }, "Models"), summary, search), list, noMatch, aside),
    stop() {
      catalogue.removeEventListener("change", showSoon);
      cancelAnimationFrame(frame);
      remove();
    },
  };
}

/**
 * What is looked for stands in the address: it survives a reload, and going back.
 *
 * @param {(query: string) => void} onQuery
 * @param {() => void} onEnter
 * @param {() => void} onDown
 */
function searchField(onQuery, onEnter, onDown) {
  const field = el("input", { type: "search", class: "search", "aria-label": "Search the models", placeholder: "Search the models…", "aria-keyshortcuts": "/", hidden: true });
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.addEventListener("input", () => {
    const query = field.value === "" ? "" : `?q=${encodeURIComponent(field.value)}`;
    history.replaceState(history.state, "", location.pathname + query);
    onQuery(field.value);
  });
  field.addEventListener("keydown", (event) => {
    const act = { Enter: onEnter, ArrowDown: onDown }[event.key];
    if (act === undefined || event.isComposing) return;
    event.preventDefault();
    act();
  });
  return field;
}

/**
 * @param {string} query
 * @param {() => void} clear
 */
function nothingFound(query, clear) {
  const text = "What is looked for is in the name or the description, in any order; a part of each word is enough.";
  return notice({ title: `No model found for “${query.trim()}”.`, text }, button("Clear the search", clear));
}

/**
 * @param {Error} error
 * @param {Catalogue} catalogue
 */
function notLoaded(error, catalogue) {
  return notice({ title: "The models could not be loaded", text: error.message, tone: "bad" }, tryAgain(() => void catalogue.load()));
}

/** @param {readonly Model[]} models */
function inWords(models) {
  if (models.length === 0) return "";
  const ready = models.filter(({ state }) => state === "ready").length;
  const count = models.length === 1 ? "One model" : `${models.length} models`;
  return ready === models.length ? `${count}, ready to use.` : `${count}, ${ready} ready to use.`;
}
