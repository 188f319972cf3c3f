import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const web = new URL("../../../web/", import.meta.url);

test("index.html names every module and style sheet, and each once", () => {
  const html = readFileSync(new URL("index.html", web), "utf8");
  const named = [...html.matchAll(/(?:src|href)="\/((?:js|css)\/[^"]+)"/g)].map(([, path]) => path);
  const present = ["js", "css"].flatMap((folder) =>
    readdirSync(new URL(folder, web), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.(js|css)$/.test(path))
      .map((path) => `${folder}/${path}`),
  );
  assert.deepEqual(named.sort(), present.sort());
});
