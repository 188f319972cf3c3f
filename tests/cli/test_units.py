"""The units of systemd, judged by systemd where it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.cli.units import Unit, quoted, service_unit, socket_unit

DEPLOY = Path(__file__).parents[2] / "deploy"
SHIPPED = Unit(
    name="tornado-ml",
    command=["/opt/tornado-ml/bin/tornado-ml", "serve", "--settings", "/etc/tornado-ml/settings.toml"],
)
MAX_EXPOSURE = 2.0

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def unit(**options: object) -> Unit:
    return Unit(name="tornado-ml", command=[sys.executable, "serve"], **options)  # type: ignore[arg-type]


def write(folder: Path, unit: Unit) -> Path:
    service = folder / f"{unit.name}.service"
    service.write_text(service_unit(unit))
    (folder / f"{unit.name}.socket").write_text(socket_unit(unit, "127.0.0.1:8765"))
    return service


def test_the_shipped_units_are_those_that_the_command_makes() -> None:
    assert (DEPLOY / "tornado-ml.service").read_text() == service_unit(SHIPPED)
    assert (DEPLOY / "tornado-ml.socket").read_text() == socket_unit(SHIPPED, "127.0.0.1:8765")


@needs_systemd
@pytest.mark.parametrize(
    "options", [{}, {"run_as": "daemon"}, {"reads_home": True}, {"is_user": True}], ids=lambda options: str(options)
)
def test_systemd_finds_no_fault_with_any_of_them(tmp_path: Path, options: dict[str, object]) -> None:
    service = write(tmp_path, unit(**options))
    scope = ["--user"] if options.get("is_user") else []
    done = subprocess.run(
        ["systemd-analyze", *scope, "--man=no", "verify", service, service.with_suffix(".socket")],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    # Its exit status is 0 even for keys that it does not know.
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("options", [{}, {"run_as": "daemon", "reads_home": True}], ids=lambda options: str(options))
def test_little_is_left_that_the_service_could_do(tmp_path: Path, options: dict[str, object]) -> None:
    service = write(tmp_path, unit(**options))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={MAX_EXPOSURE * 10:g}", service],
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found is not None, done.stderr
    assert float(found[1]) <= MAX_EXPOSURE
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("argument", "written"),
    [
        ("/usr/bin/tornado-ml", "/usr/bin/tornado-ml"),
        ("/my models/a.toml", '"/my models/a.toml"'),
        ("100%", "100%%"),
        ("$HOME", "$$HOME"),
        ('a"b', '"a\\"b"'),
        ("a\\b", '"a\\\\b"'),
        ("", '""'),
        ("bücher", '"bücher"'),
    ],
)
def test_an_argument_is_written_so_that_systemd_takes_it_as_it_is(argument: str, written: str) -> None:
    assert quoted(argument) == written


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")))
def test_an_argument_stays_one_line(argument: str) -> None:
    assert "\n" not in quoted(argument)
