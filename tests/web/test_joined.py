"""Joined modules do what the modules do: both are run, under Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tornado_ml.page.joining import join
from tornado_ml.resources import web_directory

pytestmark = pytest.mark.e2e

SOURCES = {
    "js/main.js": r"""
        // import { nothing } from "./nowhere.js";
        import { count as total, next } from "./counter.js";
        import * as counter from "./counter.js";
        import { Shape, area } from "./shapes/index.js";
        import "./effect.js";
        const say = (...words) => console.log(JSON.stringify(words));
        const local = 8 / 2 / 1, text = `import { a } from "b";
          // ${[1, 2].map((n) => `<${n / 2}>`)} /* kept */ ${/[`/"]+\//g.source}`;
        say("main", total, next(), counter.next(), local, text, typeof next);
        say(new Shape(3).describe(), area(2), Object.keys(counter).sort(), globalThis.effects);
        const { later, first } = await0();
        function await0() { return { later: () => import("./later/one.js"), first: import("./later/two.js") }; }
        let i = 1
        const asi = i
        ++i
        say(asi, i, 1 - -1, 1 + +1, /* a */ 3 /* b */ / /* c */ 2, ((a) => a
          )(5));
        first.then(async (two) => {
          const one = await later();
          say(Object.keys(one).sort(), Object.keys(two).sort(), one.default0, one.same === two.same, one.next());
          say(two.Validator.name, two.kinds, globalThis.effects);
        });
    """,
    "js/counter.js": """
        /** How often. */
        export const count = 0;
        let local = 40;
        export function next() { return (local += 1); }
    """,
    "js/shapes/index.js": """
        export { area } from "./area.js";
        import { area as areaOf } from "./area.js";
        export class Shape {
          #side; static kinds = { a: 1, };
          constructor(side) { this.#side = side; }
          get isSquare() { return this.#side in { 3: true } && #side in this }
          describe() { return [this.isSquare, areaOf(this.#side), Shape.name] }
        }
    """,
    "js/shapes/area.js": """
        const local = (side) => side ** 2;
        export { local as area };
    """,
    "js/effect.js": """
        import { next } from "./counter.js";
        (globalThis.effects ??= []).push(["effect", next()]);
    """,
    "js/later/one.js": """
        export * from "./both.js";
        export * from "../counter.js";
        export async function default0() {}
        globalThis.effects.push("one");
    """,
    "js/later/two.js": """
        import { same } from "./both.js";
        export { Validator, kinds } from "../../vendor/library/index.js";
        globalThis.effects.push("two");
        export { same };
    """,
    "js/later/both.js": """
        import { next } from "../counter.js";
        export const same = { number: next(), };
    """,
    "vendor/library/index.js": "export * from './kinds.js';\nexport class Validator {}\n//# sourceMappingURL=x",
    "vendor/library/kinds.js": "export var kinds;\n(function (kinds) { kinds['A'] = 1; })(kinds || (kinds = {}));",
}


def node(*arguments: str | Path) -> str:
    program = shutil.which("node")
    assert program is not None
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(files: Mapping[str, str], folder: Path) -> Path:
    for path, text in {**files, "package.json": '{"type": "module"}'}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_joined_modules_do_what_the_modules_do(tmp_path: Path) -> None:
    files = join(SOURCES.__getitem__, "js/main.js")
    assert sorted(files) == ["js/later/one.js", "js/later/two.js", "js/main.js", "js/shared-1.js"]
    plain = node(write(SOURCES, tmp_path / "plain") / "js/main.js")
    assert json.loads(plain.splitlines()[0])[0] == "main"
    assert len(plain.splitlines()) == 5
    assert node(write(files, tmp_path / "joined") / "js/main.js") == plain


def test_the_pages_joined_files_can_be_read(tmp_path: Path) -> None:
    directory = web_directory()
    files = join(lambda path: (directory / path).read_text(encoding="utf-8"), "js/main.js")
    folder = write(files, tmp_path)
    for path in files:
        node("--check", folder / path)
