// What an answer is shown with: loaded when somebody begins to use the page, or asks.

export { Output, prepareOutput } from "../output/output.js";
export { Growing } from "./growing.js";
export { timeSplit } from "./timing.js";
