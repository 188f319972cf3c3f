// What was typed for a model and is not lost by leaving its page or loading it again. Lives as long as the tab.

/** @typedef {import("./form/editor.js").Draft} Draft */

/**
 * @param {string} model
 * @returns {Draft | null}
 */
export function readDraft(model) {
  const text = attempt(() => sessionStorage.getItem(key(model)));
  return text ? JSON.parse(text) : null;
}

/**
 * @param {string} model
 * @param {Draft} draft
 */
export function writeDraft(model, draft) {
  attempt(() => sessionStorage.setItem(key(model), JSON.stringify(draft)));
}

/** @param {string} model */
export function forgetDraft(model) {
  attempt(() => sessionStorage.removeItem(key(model)));
}

/** @param {string} model */
function key(model) {
  return `draft:${model}`;
}

/**
 * A browser may forbid storage, or be out of it: the page works all the same.
 *
 * @template T
 * @param {() => T} act
 */
function attempt(act) {
  try {
    return act();
  } catch {
    return null;
  }
}
