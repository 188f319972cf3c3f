// What was typed for a model and is not lost by leaving its page or loading it again. Lives as long as the tab.

/** @param {string} model */
export function readDraft(model) {
  const draft = sessionStorage.getItem(key(model));
  return draft === null ? undefined : JSON.parse(draft);
}

/**
 * @param {string} model
 * @param {unknown} draft undefined forgets it
 */
export function writeDraft(model, draft) {
  if (draft === undefined) sessionStorage.removeItem(key(model));
  else sessionStorage.setItem(key(model), JSON.stringify(draft));
}

/** @param {string} model */
function key(model) {
  return `draft:${model}`;
}
