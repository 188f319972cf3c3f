// Which versions of a model can be asked now.

/**
 * @param {{name: string, metadata: import("../api.js").Metadata, catalogue: import("../catalogue.js").Catalogue}} bench
 * @returns {string[]} the newest last
 */
export function readyVersions({ name, metadata, catalogue }) {
  const { versions } = catalogue.find(name) ?? metadata;
  const ready = versions.filter(({ state }) => state === "ready").map(({ model_version: version }) => version);
  return ready.sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
}
