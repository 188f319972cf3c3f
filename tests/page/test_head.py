"""The top of a model's pages; that it looks as the scripts draw it is tried in tests/web/test_first_load.py."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from tornado_ml.page.head import MAIN, TITLE, head_of, with_head
from tornado_ml.resources import web_directory

INDEX = f"{TITLE}{MAIN}<noscript>…</noscript></main>"
HOSTILE = "<img src=x onerror=\"alert('1')\">&amp;"


def model(**changes: Any) -> dict[str, Any]:
    return {
        "qualified_name": "iris",
        "display_name": "Iris",
        "description": "Tells flowers apart.",
        "major_version": 1,
        "minor_version": 2,
        "state": "ready",
        **changes,
    }


class Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_has_the_places_where_it_goes() -> None:
    index = (web_directory() / "index.html").read_text(encoding="utf-8")
    assert index.count(TITLE) == index.count(MAIN) == 1


def test_it_names_the_model_and_marks_the_page_that_is_shown() -> None:
    read = Reader(with_head(INDEX, head_of(model(), "metadata")))
    assert read.text == [
        "Iris · Metadata · tornado-ml", "Models", "Iris", "ready", "version 1.2", "iris", "Tells flowers apart.",
        "Predict", "Metadata", "…",
    ]  # fmt: skip
    links = {attributes["href"]: attributes.get("aria-current") for tag, attributes in read.tags if tag == "a"}
    assert links == {"/": None, "/models/iris/predict": None, "/models/iris/metadata": "page"}


def test_a_model_without_a_description_has_no_line_for_it() -> None:
    assert "lead" not in with_head(INDEX, head_of(model(description=""), "predict"))


def test_whatever_a_model_says_is_text() -> None:
    plain = Reader(with_head(INDEX, head_of(model(), "predict")))
    hostile = with_head(
        INDEX, head_of(model(qualified_name=HOSTILE, display_name=HOSTILE, description=HOSTILE), "predict")
    )
    read = Reader(hostile)
    assert [tag for tag, _ in read.tags] == [tag for tag, _ in plain.tags]
    assert read.text.count(HOSTILE) == 3
    assert all(attributes["href"] in {"/", *links_of(HOSTILE)} for tag, attributes in read.tags if tag == "a")


def links_of(name: str) -> set[str]:
    quoted = "".join(c if c.isalnum() or c in "-_.!~*'()" else f"%{ord(c):02X}" for c in name)
    return {f"/models/{quoted}/predict", f"/models/{quoted}/metadata"}
