// Elements from data. Text stays text: nothing here, or anywhere else, turns a string into markup.

/** @typedef {Node | string | null | false | undefined} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes] true is an attribute without a value; false, null and undefined are none
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  fill(element, ...children);
  return element;
}

/**
 * @param {Element} element
 * @param {...Child} children what it holds from now on
 */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false));
}

/**
 * @param {string} label
 * @param {() => void} act
 * @param {Attributes} [attributes]
 */
export function button(label, act, attributes = {}) {
  const element = el("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", act);
  return element;
}

let idCount = 0;

/** An id that no other element has. */
export function newId() {
  return `e${++idCount}`;
}

/**
 * Rebuild a part of the page and leave the focus where it was, as far as what had it is there again.
 *
 * @param {Element} element
 * @param {() => void} rebuild
 */
export function keepingFocus(element, rebuild) {
  const focused = document.activeElement;
  const key = focused !== null && element.contains(focused) ? focused.getAttribute("data-focus-key") : null;
  rebuild();
  if (key === null) return;
  for (const candidate of element.querySelectorAll("[data-focus-key]")) {
    if (candidate instanceof HTMLElement && candidate.dataset.focusKey === key) candidate.focus({ preventScroll: true });
  }
}
