// Has the page painted as it was served before its script comes, which is larger than all else and as long at work.

/** By then it comes in any case: a page that nobody sees is not painted. */
const LATEST_MS = 250;

const load = () => void import("./main.js");
new PerformanceObserver(load).observe({ type: "paint", buffered: true });
setTimeout(load, LATEST_MS);
