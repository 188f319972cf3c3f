// Makes the folder that is published as `tornado-ml-client`: node npm/assemble.js FOLDER, then `npm pack FOLDER`.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const CLIENT = join(ROOT, "web/js/client");
const [, , folder] = process.argv;

if (folder === undefined) throw new Error("Say into which folder: node npm/assemble.js FOLDER");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
cpSync(CLIENT, folder, { recursive: true });
for (const file of ["LICENSE", "npm/README.md"]) cpSync(join(ROOT, file), join(folder, file.replace("npm/", "")));
writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...described(), version: version() }, null, 2)}\n`);
declare(resolve(folder));

/** @returns {object} */
function described() {
  return JSON.parse(readFileSync(join(ROOT, "npm/package.json"), "utf8"));
}

/** That of the service. */
function version() {
  const said = /^__version__ = "(.+)"$/m.exec(readFileSync(join(ROOT, "tornado_ml/__init__.py"), "utf8"));
  if (said === null) throw new Error("tornado_ml/__init__.py says no version");
  return said[1];
}

/**
 * Write the types down that the modules' comments say.
 *
 * @param {string} into
 */
function declare(into) {
  /** @type {typeof import("../tests/web/node_modules/typescript/lib/typescript.js")} */
  const ts = createRequire(join(ROOT, "tests/web/package.json"))("typescript");
  const modules = readdirSync(into).filter((name) => name.endsWith(".js"));
  const program = ts.createProgram(modules.map((name) => join(into, name)), {
    allowJs: true,
    checkJs: true,
    strict: true,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: into,
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    types: [],
  });
  const faults = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  if (faults.length > 0) {
    const host = { getCanonicalFileName: String, getCurrentDirectory: () => into, getNewLine: () => "\n" };
    throw new Error(ts.formatDiagnostics(faults, host));
  }
  const index = join(into, "index.d.ts");
  writeFileSync(index, `/// <reference lib="esnext.disposable" />\n${readFileSync(index, "utf8")}`);
}
