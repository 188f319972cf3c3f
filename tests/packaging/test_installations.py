"""The wheel, an editable installation and a plain checkout serve alike, wherever they are started."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

PREDICTION = {"species": "setosa"}
SETOSA = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working directory with a page and settings of its own, which the service must not take for its own."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("not this one", encoding="utf-8")
    (tmp_path / "settings.toml").write_text("[nor this one]", encoding="utf-8")
    return tmp_path


@pytest.fixture(params=["wheel", "editable", "checkout"])
def command(request: pytest.FixtureRequest) -> Sequence[str]:
    if request.param == "wheel":
        return [str(request.getfixturevalue("wheel_environment") / "bin" / "tornado-ml"), "serve"]
    if request.param == "editable":
        clone = request.getfixturevalue("first_serve")("make").clone
        return [str(clone / ".venv" / "bin" / "tornado-ml"), "serve"]
    # A checkout that nobody installed: on the path before the wheel, whose requirements it borrows.
    source = request.getfixturevalue("distributions").source
    python = request.getfixturevalue("wheel_environment") / "bin" / "python"
    return ["env", f"PYTHONPATH={source}", str(python), "-m", "tornado_ml", "serve"]


def test_it_serves_the_page_and_predictions_from_any_working_directory(
    command: Sequence[str], serve: Callable[..., AbstractContextManager[Any]], elsewhere: Path
) -> None:
    with serve(command, elsewhere) as service:
        assert "<!doctype html>" in service.get("/").lower()
        service.wait_until_ready()
        assert '"iris_model"' in service.get("/api/models")
        assert service.predict(SETOSA) == PREDICTION
