// Loads the vendored uPlot, which is no module, once a chart is needed.

/** @typedef {typeof import("uplot")} Plot */

const SCRIPT = "/vendor/uplot/uplot.min.js";
const STYLE = "/vendor/uplot/uplot.min.css";

/** @type {Promise<Plot> | null} */
let loading = null;

/** @returns {Promise<Plot>} */
export function loadPlot() {
  loading ??= Promise.all([attached("script", { src: SCRIPT }), attached("link", { rel: "stylesheet", href: STYLE })]).then(
    () => /** @type {any} */ (window).uPlot,
    (error) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

/**
 * @param {"script" | "link"} tag
 * @param {Record<string, string>} properties
 */
function attached(tag, properties) {
  const element = Object.assign(document.createElement(tag), properties);
  document.head.append(element);
  return new Promise((resolve, reject) => {
    element.addEventListener("load", resolve, { once: true });
    element.addEventListener("error", () => {
      element.remove();
      reject(new Error("The chart could not be loaded."));
    });
  });
}
