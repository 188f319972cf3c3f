"""The page's files: as they stand, joined, compressed, and read again when they change."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest

from tornado_ml.page.files import MAX_CARRIED_BYTES, PageFiles

INDEX = """\
<head>
    <link rel="icon" href="/icon.svg">
    <link rel="stylesheet" href="/css/a.css">
    <link rel="stylesheet" href="/css/b.css">
    <script type="module" src="/js/start.js"></script>
    <script type="module" src="/js/main.js"></script>
</head>
<a href="/">home</a><a href="/api/models">elsewhere</a>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "index.html": INDEX,
        "icon.svg": '<svg fill="#fff">\n</svg>\n',
        "css/a.css": "@layer one, two;\n/* Remark */\n@layer two {\n  a { content: '/* text */' }\n}\n",
        "css/b.css": "@layer one {\n}\n",
        "js/main.js": 'import { a } from "./a.js";\nstart(a);\n',
        "js/a.js": "export const a = 1;\n",
        "js/start.js": "// Later.\nsetTimeout(() => import('./main.js'));\n",
        "__init__.py": "",
        ".hidden/secret.txt": "",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_each_file_is_there_as_it_stands_and_nothing_hidden(folder: Path) -> None:
    plain = PageFiles(folder).current().plain
    assert sorted(plain) == [
        "css/a.css", "css/b.css", "icon.svg", "index.html", "js/a.js", "js/main.js", "js/start.js",
    ]  # fmt: skip
    assert all(file.content == (folder / path).read_bytes() for path, file in plain.items())


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_index_asks_for_what_is_joined_in_a_folder_of_this_version(folder: Path) -> None:
    edition = PageFiles(folder).current()
    assert re.fullmatch(r"\w{16}", edition.version)
    assert (
        edition.index.content.decode()
        == f"""\
<head>
    <link rel="icon" href="data:image/svg+xml,<svg fill='%23fff'></svg>">
    <style>{edition.styles}</style>
    <script type="module">{edition.start}</script>
    <script type="module" src="/page/{edition.version}/js/main.js"></script>
</head>
<a href="/">home</a><a href="/api/models">elsewhere</a>
"""
    )


def test_a_drawing_that_is_not_small_is_asked_for(folder: Path) -> None:
    (folder / "icon.svg").write_text(f"<svg>{'x' * MAX_CARRIED_BYTES}</svg>")
    edition = PageFiles(folder).current()
    assert f'href="/page/{edition.version}/icon.svg"' in edition.index.content.decode()


def test_what_is_asked_for_first_is_made_beforehand_where_there_is_a_page(folder: Path, tmp_path: Path) -> None:
    files = PageFiles(folder)
    files.prepare()
    edition = files.current()
    assert all("compressed" in vars(file) for file in (edition.index, edition.joined["js/main.js"]))
    PageFiles(tmp_path / "nothing").prepare()


def test_a_page_with_the_head_of_a_model_is_made_once(folder: Path) -> None:
    edition = PageFiles(folder).current()
    model = {"qualified_name": "a", "display_name": "A", "description": "", "major_version": 1, "minor_version": 0}
    ready, loading = model | {"state": "ready"}, model | {"state": "loading"}
    assert edition.model_page(ready, "predict") is edition.model_page(dict(ready), "predict")
    assert edition.model_page(ready, "predict") is not edition.model_page(loading, "predict")


def test_what_is_joined_stands_in_the_place_of_its_first_part(folder: Path) -> None:
    edition = PageFiles(folder).current()
    assert b"import" not in edition.joined["js/main.js"].content
    assert edition.joined["js/a.js"] is edition.plain["js/a.js"]


def test_stylesheets_are_joined_in_their_order_without_remarks(folder: Path) -> None:
    edition = PageFiles(folder).current()
    assert edition.styles == "@layer one, two;\n@layer two {\na { content: '/* text */' }\n}\n\n@layer one {\n}\n"
    assert edition.policy.endswith(f"; style-src 'self' {hash_of(edition.styles)}")


def test_the_first_module_stands_in_the_document_and_its_hash_in_the_policy(folder: Path) -> None:
    edition = PageFiles(folder).current()
    assert edition.start == f'setTimeout(()=>import("/page/{edition.version}/js/main.js"));'
    assert edition.policy.startswith(f"script-src 'self' {hash_of(edition.start)}; ")


def test_a_first_module_that_is_not_understood_stays_apart(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "js/start.js").write_text("import.meta;")
    edition = PageFiles(folder).current()
    assert f'<script type="module" src="/page/{edition.version}/js/start.js">' in edition.index.content.decode()
    assert "served by itself" in caplog.text


@pytest.mark.parametrize("text", ['@import "c.css";', "a { background: URL(a.png) }", "/* a */ b { } /* </style> */"])
def test_stylesheets_that_would_mean_something_else_in_the_document_stay_apart(folder: Path, text: str) -> None:
    (folder / "css/b.css").write_text(text)
    edition = PageFiles(folder).current()
    assert b"/css/a.css" in edition.index.content
    assert b"/css/b.css" in edition.index.content


def test_modules_that_cannot_be_joined_are_served_one_by_one_and_a_word_is_said(
    folder: Path, logged: Callable[[], str]
) -> None:
    (folder / "js/a.js").write_text("export default 1;")
    edition = PageFiles(folder).current()
    assert edition.joined["js/main.js"] is edition.plain["js/main.js"]
    assert "one by one: js/a.js: this export" in logged()


def test_a_change_shows_at_once_and_makes_another_version(folder: Path) -> None:
    page = PageFiles(folder)
    before = page.current()
    assert page.current() is before
    (folder / "js/a.js").write_text("export const a = 22;\n")
    after = page.current()
    assert b"a=22" in after.joined["js/main.js"].content
    assert after.version != before.version
    assert page.edition(before.version) is after


def test_a_new_file_is_found_and_one_that_is_gone_is_gone(folder: Path) -> None:
    page = PageFiles(folder)
    (folder / "js/new.js").touch()
    (folder / "icon.svg").unlink()
    edition = page.current()
    assert "js/new.js" in edition.plain
    assert "icon.svg" not in edition.plain
    assert b'href="/icon.svg"' in edition.index.content


def test_while_the_folder_cannot_be_read_its_last_state_is_served(folder: Path, logged: Callable[[], str]) -> None:
    page = PageFiles(folder)
    before = page.current()
    (folder / "js/away.js").symlink_to(folder / "nowhere.js")
    assert page.current() is before
    assert "cannot be read" in logged()


def test_text_is_compressed_where_that_makes_it_smaller(folder: Path) -> None:
    (folder / "long.txt").write_text("word " * 100)
    (folder / "picture.png").write_bytes(bytes(1000))
    plain = PageFiles(folder).current().plain
    compressed = plain["long.txt"].compressed
    assert list(compressed) == ["br", "gzip"]
    assert brotli.decompress(compressed["br"]) == gzip.decompress(compressed["gzip"]) == plain["long.txt"].content
    assert plain["icon.svg"].compressed == {}
    assert plain["picture.png"].compressed == {}


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("js/a.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml; charset=utf-8"),
        ("picture.png", "image/png"),
        ("thing.unheard-of", "application/octet-stream"),
    ],
)
def test_each_file_says_what_it_is(folder: Path, path: str, content_type: str) -> None:
    (folder / path).touch()
    assert PageFiles(folder).current().plain[path].content_type == content_type
