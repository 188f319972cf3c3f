"""What modules import and export is found; whatever else they say in these statements is refused."""

from __future__ import annotations

import pytest

from tornado_ml.page.modules import Import, Module, parse
from tornado_ml.page.scanner import Unjoinable


def parsed(source: str) -> Module:
    return parse("js/views/here.js", source)


def body(source: str) -> str:
    return parsed(source).body(lambda path: f"<{path}>")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('import { a, b as c } from "./x.js";', Import("js/views/x.js", {"a": "a", "c": "b"})),
        ('import {\n  a, // this one\n  b,\n} from "../x.js";', Import("js/x.js", {"a": "a", "b": "b"})),
        ('import * as all from "/vendor/x.js";', Import("vendor/x.js", {}, "all")),
        ('import one from "./x.js";', Import("js/views/x.js", {"one": "default"})),
        ("import './x.js';", Import("js/views/x.js")),
    ],
)
def test_imports_are_found_and_left_out(statement: str, expected: Import) -> None:
    module = parsed(f"{statement}\nuse();")
    assert module.imports == [expected]
    assert "".join(module.pieces) == "use();"


@pytest.mark.parametrize(
    ("statement", "exports", "left"),
    [
        ("export function a() {}", {"a": "a"}, "function a(){}"),
        ("export async function a() {}", {"a": "a"}, "async function a(){}"),
        ("export function* a() {}", {"a": "a"}, "function*a(){}"),
        ("export class A extends B {}", {"A": "A"}, "class A extends B{}"),
        ("export const a = (b, c) => [b, c];", {"a": "a"}, "const a=(b,c)=>[b,c];"),
        ("export var a;", {"a": "a"}, "var a;"),
        ("export { a, b as c };", {"a": "a", "c": "b"}, ""),
        ("export {};", {}, ""),
    ],
)
def test_exports_are_found_and_become_plain_declarations(statement: str, exports: dict[str, str], left: str) -> None:
    assert parsed(statement).exports == exports
    assert body(statement) == left


def test_what_is_passed_on_is_found() -> None:
    module = parsed('export { a as b } from "./x.js";\nexport * from "./y.js";')
    assert module.passed_on == {"b": ("js/views/x.js", "a")}
    assert module.passed_on_whole == ["js/views/y.js"]
    assert [found.target for found in module.imports] == ["js/views/x.js", "js/views/y.js"]


def test_what_is_loaded_later_is_named_as_its_place_will_be() -> None:
    source = 'const { A } = await0(import("../a.js"), import(computed));'
    assert body(source) == 'const{A}=await0(import("<js/a.js>"),import(computed));'


def test_statements_in_texts_and_comments_are_none() -> None:
    source = '// import "a";\n/* export {} */ f(`\nimport "b";\n  export default ${c}`, "import(d)");'
    module = parsed(source)
    assert (module.imports, module.exports, module.lazy) == ([], {}, {})
    assert body(source) == 'f(`\nimport "b";\n  export default ${c}`,"import(d)");'


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("a\n  // why\n  b", "a\nb"),
        ("a /* one\n two */ b", "a\nb"),
        ("if (a) {\n  b;\n}\nc", "if(a){b;}\nc"),
        ("a + ++b - -c", "a+ ++b- -c"),
        ("1 .toFixed() / /x/g in y", "1 .toFixed()/ /x/g in y"),
        ("return\n1", "return\n1"),
        ("typeof a in b", "typeof a in b"),
    ],
)
def test_white_space_goes_where_it_means_nothing(source: str, left: str) -> None:
    assert body(source) == left


@pytest.mark.parametrize(
    "source",
    [
        "export default 1;",
        "export const { a } = b;",
        "export const a = 1, b = 2;",
        "export const a = 1",
        'import a, { b } from "./x.js";',
        'import { "a-b" as c } from "./x.js";',
        'import { a } from "./x.json" with { type: "json" };',
        'import { a } from "package";',
        'import { a } from "./x.js"',
        "f(import.meta.url);",
        "await f();",
        "const a = await f();",
    ],
)
def test_what_could_not_be_joined_is_refused_with_its_name(source: str) -> None:
    with pytest.raises(Unjoinable, match=r"js/views/here\.js: "):
        parsed(source)


def test_private_names_become_short_ones() -> None:
    source = "class A { #first = 1; #other = `${this.#first} #first`; has(a) { return #first in a; } }"
    assert body(source) == "class A{#a=1;#b=`${this.#a} #first`;has(a){return #a in a;}}"


def test_each_private_name_becomes_another() -> None:
    names = [f"#name{number}" for number in range(1500)]
    shortened = body(f"class A {{ {'; '.join(names)} }}").removeprefix("class A{").removesuffix("}").split(";")
    assert len(set(shortened)) == len(names)
    assert (shortened[0], shortened[26]) == ("#a", "#ba")
