from __future__ import annotations

from pathlib import Path

import pytest

from tornado_ml import resources
from tornado_ml.errors import OperatorError


def test_a_checkout_has_the_page_and_the_settings_beside_the_package() -> None:
    top = Path(resources.__file__).resolve().parents[1]
    assert resources.web_directory() == top / "web"
    assert resources.default_settings_file() == top / "settings.toml"


def test_what_stands_inside_the_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "tornado_ml"
    for place in (tmp_path, package):
        (place / "web").mkdir(parents=True)
        (place / "settings.toml").touch()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert resources.web_directory() == package / "web"
    assert resources.default_settings_file() == package / "settings.toml"


@pytest.mark.parametrize("find", [resources.web_directory, resources.default_settings_file])
def test_an_incomplete_installation_is_told_where_it_was_looked_for(
    find: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "tornado_ml")
    with pytest.raises(OperatorError, match=f"{tmp_path / 'tornado_ml'}.*{tmp_path}") as raised:
        find()
    assert "Install it again" in str(raised.value)
