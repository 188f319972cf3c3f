// Loads the vendored uPlot, which is no module, once a chart is needed.

import { stylesheet } from "../stylesheet.js";

/** @typedef {typeof import("uplot")} Plot */

const SCRIPT = "/vendor/uplot/uplot.min.js";
const STYLE = "/vendor/uplot/uplot.min.css";

/** @type {Promise<Plot> | null} */
let loading = null;

/** @returns {Promise<Plot>} */
export function loadPlot() {
  loading ??= Promise.all([loadScript(), stylesheet(STYLE), stylesheet("/css/chart.css")]).then(
    () => /** @type {any} */ (window).uPlot,
    (error) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

/** @returns {Promise<unknown>} */
function loadScript() {
  const element = Object.assign(document.createElement("script"), { src: SCRIPT });
  document.head.append(element);
  return new Promise((resolve, reject) => {
    element.addEventListener("load", resolve, { once: true });
    element.addEventListener("error", () => {
      element.remove();
      reject(new Error("The chart could not be loaded."));
    });
  });
}
