// node run.js LIBRARY URL: runs the scenario, and prints what came of it. Ends by itself once the client is closed.

import { scenario } from "./scenario.js";

const [, , library, url] = process.argv;
console.log(JSON.stringify(await scenario(await import(library), url)));
