// An angle as a hand on a dial.

import { drawnDial } from "./drawing.js";

/** @param {number} value @param {{label: string}} context */
export function output(value, { label }) {
  return drawnDial(value, `${label}: ${value}°`);
}

/** @param {{schema: any, value: unknown, label: string, onchange: () => void}} context */
export function input({ schema, value, label, onchange }) {
  const range = Object.assign(document.createElement("input"), { type: "range", min: schema.minimum, max: schema.maximum });
  range.setAttribute("aria-label", label);
  let isSet = false;
  range.addEventListener("input", () => {
    isSet = true;
    onchange();
  });
  const setValue = (/** @type {any} */ angle) => {
    isSet = typeof angle === "number";
    range.value = isSet ? angle : 0;
  };
  setValue(value);
  return { node: range, value: () => (isSet ? range.valueAsNumber : undefined), setValue, focus: () => range.focus() };
}
