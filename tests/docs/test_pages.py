"""Each page can be found, leads somewhere, and shows what is true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tornado_ml.settings import load_settings
from tornado_ml.settings.reference import describe

FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
MOST_OF_A_PICTURE_BYTES = 150_000
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _links(page: Path) -> Sequence[str]:
    return LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8")))


def _anchors(page: Path) -> set[str]:
    """The names of a page's places: those of its headings as GitHub makes them, and those it gives itself."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]+>", "", heading).lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


def test_every_link_to_the_project_itself_leads_somewhere(pages: Sequence[Path], root: Path) -> None:
    broken = []
    for page in pages:
        for link in _links(page):
            path, _, anchor = link.partition("#")
            if "://" in link or link.startswith("mailto:"):
                continue
            target = (page.parent / unquote(path)).resolve() if path else page
            if not target.exists() or (anchor and anchor not in _anchors(target)):
                broken.append(f"{page.relative_to(root)}: {link}")
    assert broken == []


def test_every_page_is_listed_in_the_index(pages: Sequence[Path], root: Path) -> None:
    index = root / "docs" / "README.md"
    listed = {(index.parent / link).resolve() for link in _links(index)}
    assert [path for path in pages if path.is_relative_to(root / "docs") and path not in {index, *listed}] == []


def test_every_picture_is_shown_by_a_page_and_small(pages: Sequence[Path], root: Path) -> None:
    shown = {(page.parent / link).resolve() for page in pages for link in _links(page)}
    for picture in (root / "docs" / "images").iterdir():
        assert picture in shown, picture.name
        assert picture.stat().st_size < MOST_OF_A_PICTURE_BYTES, picture.name


def test_every_json_block_is_json(pages: Sequence[Path], blocks: Callable[[Path], Any]) -> None:
    for page in pages:
        for block in blocks(page):
            if block.language == "json":
                json.loads(block.text)


def test_every_toml_block_is_a_settings_file(
    pages: Sequence[Path], blocks: Callable[[Path], Any], tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    texts = [block.text for page in pages for block in blocks(page) if block.language == "toml"]
    assert texts
    for text in texts:
        file.write_text(text, encoding="utf-8")
        load_settings(file=file, environ={})


def test_the_readme_says_what_the_defaults_are(root: Path) -> None:
    sections = [section for section in describe() if section.header in {"[server]", "[models.NAME]"}]
    defaults = {setting.key: setting.default for section in sections for setting in section.settings}
    said = re.findall(r"`(\w+) = ([^`]+)`", (root / "README.md").read_text(encoding="utf-8"))
    assert len(said) > 5
    assert {key: defaults[key] for key, _ in said} == dict(said)


def test_the_plugin_in_the_readme_has_fifteen_lines(root: Path, blocks: Callable[[Path], Any]) -> None:
    (plugin,) = (block for block in blocks(root / "README.md") if block.file)
    lines = [line for line in plugin.text.splitlines() if line and not line.startswith("#")]
    assert len(lines) <= 15


def test_the_decisions_are_numbered_without_a_gap_and_say_four_things(root: Path) -> None:
    found = sorted((root / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in found] == list(range(1, len(found) + 1))
    for path in found:
        headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "What would change our mind"], path.name
