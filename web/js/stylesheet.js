// Loads a style sheet that the page does not need at first.

/** @type {Map<string, Promise<void>>} */
const loading = new Map();

/** @param {string} address */
export function stylesheet(address) {
  const known = loading.get(address);
  if (known !== undefined) return known;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
  document.head.append(link);
  const loaded = /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      link.addEventListener("load", () => resolve(), { once: true });
      link.addEventListener("error", () => {
        loading.delete(address);
        link.remove();
        reject(new Error(`${address} could not be loaded.`));
      });
    })
  );
  loading.set(address, loaded);
  return loaded;
}
