// The page that says what a model takes and gives.

import { stylesheet } from "../stylesheet.js";
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
    body: (metadata) =>
      later(async () => {
        const [{ metadataCards }] = await Promise.all([import("./metadata-cards.js"), stylesheet("/css/metadata.css")]);
        return metadataCards(metadata);
      }),
  });
}
