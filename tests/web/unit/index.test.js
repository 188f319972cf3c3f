import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const web = new URL("../../../web/", import.meta.url);
const html = readFileSync(new URL("index.html", web), "utf8");

/** @param {string} folder */
function filesIn(folder) {
  const paths = readdirSync(new URL(folder, web), { recursive: true, encoding: "utf8" });
  return paths.filter((path) => /\.(js|css)$/.test(path)).map((path) => `${folder}/${path}`);
}

/**
 * Adds to `found` what a module needs before it can run, itself included.
 *
 * @param {URL} module
 * @param {Set<string>} found
 */
function collect(module, found) {
  const path = module.pathname.slice(web.pathname.length);
  if (found.has(path)) return;
  found.add(path);
  const text = readFileSync(module, "utf8");
  for (const [, target] of text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)";/gm)) collect(new URL(target, module), found);
}

/** What is loaded only when it is needed, with what that needs. */
function collectLazy() {
  /** @type {Set<string>} */
  const found = new Set();
  for (const path of filesIn("js")) {
    const module = new URL(path, web);
    for (const [, target] of readFileSync(module, "utf8").matchAll(/(?<!\{)\bimport\("(\.[^"]+)"\)(?!\.\w+[<}\s])/g)) {
      collect(new URL(target, module), found);
    }
  }
  return found;
}

test("index.html names the first module, and each style sheet that is not loaded when it is needed, and each once", () => {
  const scripts = filesIn("js").map((path) => readFileSync(new URL(path, web), "utf8"));
  const later = new Set(scripts.flatMap((text) => [...text.matchAll(/\bstylesheet\("\/([^"]+)"\)/g)].map(([, path]) => path)));
  const needed = filesIn("css").filter((path) => !later.has(path));
  const named = [...html.matchAll(/(?:src|href)="\/((?:js|css)\/[^"]+)"/g)].map(([, path]) => path);
  assert.deepEqual(named.sort(), [...needed, "js/start.js"].sort());
});

test("each module is needed, now or later, or says types alone", () => {
  const used = collectLazy();
  collect(new URL("js/start.js", web), used);
  const unused = filesIn("js").filter((path) => !used.has(path));
  const code = unused.filter((path) => /^(?!export \{\};|\/\/|\/\*\*| \*|$)/m.test(readFileSync(new URL(path, web), "utf8")));
  assert.deepEqual(code, []);
});
