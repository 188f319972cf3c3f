// What a model takes and gives: its schemas as tables, its sources, examples and versions.

import { el } from "../dom.js";
import { shape } from "../schema/constraints.js";
import { describe } from "../schema/fields.js";
import { rows } from "../schema/rows.js";
import { jsonBlock } from "./json.js";
import { badge } from "./parts.js";

/** @typedef {import("../schema/follow.js").Schema} Schema */
/** @typedef {import("../schema/rows.js").Row} Row */

/** @param {import("../api.js").Metadata} metadata */
export function metadataCards({ input_schema, output_schema, partial_schema, session_schema, capabilities, examples, versions }) {
  return el(
    "div",
    { class: "stack" },
    schemaCard("Input", input_schema),
    schemaCard("Output", output_schema),
    partial_schema && schemaCard("Partial output", partial_schema),
    session_schema && schemaCard("Session parameters", session_schema),
    capabilities.sources.length > 0 && sourcesCard(capabilities.sources),
    examples.length > 0 && examplesCard(examples),
    versions.length > 1 && versionsCard(versions),
  );
}

/**
 * @param {string} title
 * @param {Schema | boolean} schema
 */
function schemaCard(title, schema) {
  const field = describe(schema);
  const fields = rows(field);
  const [{ path }] = fields;
  return card(
    title,
    path.length > 0 && el("p", { class: "small-print" }, [field.type, ...field.constraints, ...shape(field.schema)].join(" · ")),
    path.length > 0 && field.description && el("p", {}, field.description),
    fieldTable(title, fields),
    el("details", {}, el("summary", {}, "JSON Schema"), jsonBlock(schema, `JSON Schema of the ${title.toLowerCase()}`)),
  );
}

const COLUMNS = ["Name", "Type", "Required", "Constraints", "Description"];

/**
 * The roles are said because the style sheet turns the table into blocks where there is no room for columns.
 *
 * @param {string} title
 * @param {Row[]} fields
 */
function fieldTable(title, fields) {
  return el(
    "table",
    { class: "fields", role: "table", "aria-label": `${title} fields` },
    el(
      "thead",
      { role: "rowgroup" },
      el("tr", { role: "row" }, ...COLUMNS.map((name) => el("th", { role: "columnheader", scope: "col" }, name))),
    ),
    el("tbody", { role: "rowgroup" }, ...fields.map(fieldRow)),
  );
}

/** @param {Row} row */
function fieldRow({ path, type, required, constraints, title, description }) {
  const name = path.join(".").replaceAll(".[", "[") || "(the whole)";
  const necessity = required === null ? "" : required ? "required" : "optional";
  return el(
    "tr",
    { role: "row", "data-depth": Math.min(path.length - 1, 4) },
    el("th", { role: "rowheader", scope: "row" }, el("code", {}, name), title && el("span", { class: "title" }, title)),
    ...[type, necessity, constraints.join(" · "), description].map((cell, index) =>
      el("td", { role: "cell", "data-column": COLUMNS[index + 1] }, cell),
    ),
  );
}

/** @param {readonly import("../api.js").Source[]} sources */
function sourcesCard(sources) {
  return card(
    "Sources",
    el("ul", { class: "versions" }, ...sources.map(({ name, description }) => el("li", {}, el("code", {}, name), el("span", {}, description)))),
  );
}

/** @param {readonly unknown[]} examples */
function examplesCard(examples) {
  return card(
    "Examples",
    el("div", { class: "cards" }, ...examples.map((example, index) => jsonBlock(example, `Example ${index + 1}`))),
  );
}

/** @param {readonly import("../api.js").ModelVersion[]} versions */
function versionsCard(versions) {
  return card(
    "Versions",
    el(
      "ul",
      { class: "versions" },
      ...versions.map(({ model_version, state, reason }) =>
        el("li", {}, el("strong", {}, model_version), badge(state), reason && el("span", { class: "reason" }, reason)),
      ),
    ),
  );
}

/**
 * @param {string} title
 * @param {...import("../dom.js").Child} children
 */
function card(title, ...children) {
  return el("section", { class: "card" }, el("h2", {}, title), ...children);
}
