// The page that says what a model takes and gives.

import { later } from "./later.js";
import { modelPage } from "./model-page.js";

/**
 * @param {string} name
 * @param {import("../catalogue.js").Catalogue} catalogue
 */
export function metadataView(name, catalogue) {
  return modelPage({
    name,
    tab: "Metadata",
    catalogue,
    body: (metadata) => later(async () => (await import("./metadata-cards.js")).metadataCards(metadata)),
  });
}
