import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import test from "node:test";
import { asInstalled, readManifest, sha256, vendor } from "../vendor.js";

const packages = readManifest();

test("each vendored file is in the manifest with its hash, and nothing else is there", () => {
  const files = packages.flatMap((one) => Object.entries(one.files));
  for (const [path, file] of files) assert.equal(sha256(new URL(path, vendor)), file.sha256, path);
  const entries = readdirSync(vendor, { recursive: true, withFileTypes: true });
  const present = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`.slice(vendor.pathname.length));
  const trimmed = present.map((path) => path.replace(/^\/+/, ""));
  assert.deepEqual(trimmed.sort(), ["manifest.json", ...files.map(([path]) => path)].sort());
});

test("each vendored package is the version that is pinned, as it was published, with its licence", () => {
  for (const one of packages) {
    assert.deepEqual(one, asInstalled(one));
    assert.ok(Object.keys(one.files).some((path) => path.endsWith("LICENSE.txt")));
    assert.match(one.license, /^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0)$/);
  }
});
