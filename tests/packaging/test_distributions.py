from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Mapping
from email.parser import Parser
from pathlib import Path
from typing import Any


def _contents(wheel: Path) -> Mapping[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


def test_the_wheel_carries_every_module_the_page_and_the_default_settings(
    distributions: Any, run: Callable[..., str]
) -> None:
    listed = run(["git", "ls-files", "tornado_ml", "web", "settings.toml"], distributions.source).splitlines()
    expected = {name if name.startswith("tornado_ml/") else f"tornado_ml/{name}" for name in listed}
    carried = {name for name in _contents(distributions.wheel) if name.startswith("tornado_ml/")}
    assert carried == expected
    assert {"tornado_ml/web/index.html", "tornado_ml/settings.toml", "tornado_ml/py.typed"} <= carried


def test_the_sdist_builds_an_equal_wheel(distributions: Any) -> None:
    assert _contents(distributions.wheel_of_sdist) == _contents(distributions.wheel)


def test_the_sdist_holds_no_more_than_what_the_wheel_is_made_of_and_what_people_read(distributions: Any) -> None:
    with tarfile.open(distributions.sdist) as archive:
        tops = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert tops == {
        *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "settings.toml"),
        *("setup.cfg", "setup.py", "tornado_ml", "tornado_ml.egg-info", "web"),
    }


def test_the_wheel_names_its_licence_and_shows_the_readme(distributions: Any) -> None:
    contents = _contents(distributions.wheel)
    (metadata,) = (content for name, content in contents.items() if name.endswith(".dist-info/METADATA"))
    fields = Parser().parsestr(metadata.decode())
    assert fields["License"] == "MIT"
    assert fields["License-File"] == "LICENSE"
    assert fields.get_payload().strip() == (distributions.source / "README.md").read_text(encoding="utf-8").strip()
