// Renews the code of others that the page ships: `npm run vendor`, after a change of its version in package.json.
//
// web/vendor/manifest.json says which files of which npm packages there are; the rest of it is written here.

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} VendoredFile
 * @property {string} from where it is in the npm package; or the address of what the package lacks, such as its licence:
 *   that is brought by hand
 * @property {string} sha256
 */
/**
 * @typedef {object} Vendored
 * @property {string} name
 * @property {string} version
 * @property {string} license
 * @property {string} homepage
 * @property {string} origin
 * @property {string} integrity of the npm package
 * @property {Record<string, VendoredFile>} files by their path in web/vendor
 */

const here = new URL("./", import.meta.url);
export const vendor = new URL("../../web/vendor/", import.meta.url);
const manifestFile = new URL("manifest.json", vendor);

/** @param {URL} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** @returns {Vendored[]} */
export function readManifest() {
  return readJson(manifestFile).packages;
}

/** @param {URL} file */
export function sha256(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/**
 * What the manifest should say of a package, as it is installed here.
 *
 * @param {Vendored} vendored
 * @returns {Vendored}
 */
export function asInstalled({ name, files }) {
  const installed = new URL(`node_modules/${name}/`, here);
  const { version, license, homepage } = readJson(new URL("package.json", installed));
  const { integrity } = readJson(new URL("package-lock.json", here)).packages[`node_modules/${name}`];
  const found = Object.entries(files).map(([path, { from }]) => {
    return [path, { from, sha256: sha256(isElsewhere(from) ? new URL(path, vendor) : new URL(from, installed)) }];
  });
  return { name, version, license, homepage, origin: `npm:${name}@${version}`, integrity, files: Object.fromEntries(found) };
}

/** @param {string} from */
function isElsewhere(from) {
  return from.startsWith("https:");
}

function renew() {
  const packages = readManifest().map(asInstalled);
  for (const { name, files } of packages) {
    for (const [path, { from }] of Object.entries(files)) {
      if (isElsewhere(from)) continue;
      mkdirSync(new URL("./", new URL(path, vendor)), { recursive: true });
      cpSync(new URL(`node_modules/${name}/${from}`, here), new URL(path, vendor));
    }
  }
  writeFileSync(manifestFile, `${JSON.stringify({ packages }, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) renew();
