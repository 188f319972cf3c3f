"""Joined modules are laid out so that they run as they would have run one by one.

That they do is tried in tests/web/test_joined.py, where there is something that runs them.
"""

from __future__ import annotations

import re

import pytest

from tornado_ml.page.joining import join
from tornado_ml.page.scanner import Unjoinable
from tornado_ml.resources import web_directory


def joined(sources: dict[str, str]) -> dict[str, str]:
    return join(sources.__getitem__, "js/main.js")


def test_a_module_becomes_a_function_that_is_called_after_those_it_needs() -> None:
    files = joined(
        {
            "js/main.js": 'import { twice } from "./a/twice.js";\nimport * as one from "./one.js";\nrun(twice, one);',
            "js/a/twice.js": 'import { one as unit } from "../one.js";\nexport const twice = unit * 2;',
            "js/one.js": "export const one = 1;",
        }
    )
    assert files == {
        "js/main.js": """\
const $0 = (() => {
const one=1;
return { one };
})();
const $1 = (() => {
const { one: unit } = $0;
const twice=unit*2;
return { twice };
})();
const $2 = (() => {
const { twice } = $1;
const one = $0;
run(twice,one);
return {  };
})();
export { $0, $1, $2 };
"""
    }


LAZY = {
    "js/main.js": 'import "./base.js";\nexport const load = () => [import("./a.js"), import("./b/b.js")];',
    "js/base.js": "export const base = {};",
    "js/a.js": 'import { base } from "./base.js";\nimport { both } from "./both.js";\nexport const a = [base, both];',
    "js/b/b.js": 'export { base } from "../base.js";\nexport * from "../both.js";',
    "js/both.js": 'import { base } from "./base.js";\nexport const both = { base };',
}


def test_what_is_loaded_later_takes_what_is_there_already_from_there() -> None:
    files = joined(LAZY)
    assert sorted(files) == ["js/a.js", "js/b/b.js", "js/main.js", "js/shared-1.js"]
    assert [path for path, text in files.items() if "const base=" in text] == ["js/main.js"]
    assert [path for path, text in files.items() if "const both=" in text] == ["js/shared-1.js"]
    assert 'from "./main.js"' in files["js/a.js"]
    assert 'from "../shared-1.js"' in files["js/b/b.js"]
    assert 'import("./b/b.js")' in files["js/main.js"]


def test_what_is_loaded_later_exports_what_its_module_does() -> None:
    files = joined(LAZY)
    assert re.findall(r"\$_\w+ as \w+", files["js/a.js"]) == ["$_a as a"]
    assert re.findall(r"\$_\w+ as \w+", files["js/b/b.js"]) == ["$_base as base", "$_both as both"]


def test_a_module_that_is_there_already_may_be_loaded_later_too() -> None:
    files = joined({"js/main.js": 'import "./a.js";\nimport("./a.js");', "js/a.js": "export const a = 1;"})
    assert files["js/a.js"] == ('import { $0 } from "./main.js";\nconst { a: $_a } = $0;\nexport { $_a as a };\n')


def test_a_vendored_module_that_cannot_be_joined_is_loaded_as_it_stands() -> None:
    files = joined({"js/main.js": 'import("../vendor/x.js");', "vendor/x.js": "export default 1;"})
    assert list(files) == ["js/main.js"]
    assert 'import("../vendor/x.js")' in files["js/main.js"]


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ({"js/main.js": 'import "./a.js";', "js/a.js": 'import "./main.js";'}, "in a circle: js/main.js -> js/a.js"),
        ({"js/main.js": 'import { b } from "./a.js";', "js/a.js": "export const a = 1;"}, "does not export b"),
        ({"js/main.js": 'import "./a.js";'}, "js/a.js is imported, and is not there"),
        ({"js/main.js": 'import("./a.js");', "js/a.js": "export default 1;"}, "js/a.js: "),
    ],
)
def test_what_would_not_run_is_refused(sources: dict[str, str], reason: str) -> None:
    with pytest.raises(Unjoinable, match=reason):
        joined(sources)


def test_the_page_says_nothing_that_cannot_be_joined() -> None:
    directory = web_directory()
    files = join(lambda path: (directory / path).read_text(encoding="utf-8"), "js/main.js")
    assert "js/chart/chart.js" in files
    sources = [path.read_text(encoding="utf-8") for path in sorted((directory / "js").rglob("*.js"))]
    assert [source for source in sources if re.search(r"^export (let|var)\b", source, re.MULTILINE)] == []
