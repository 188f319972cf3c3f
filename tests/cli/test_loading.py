from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("act", ["load", "unload"])
def test_a_service_that_is_away_is_said_with_how_to_start_it(run: Run, act: str) -> None:
    done = run(act, "echo", "--url", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: Cannot ask http://127.0.0.1:1/api/models/echo/{act}: ")
    assert done.stderr.endswith("Start it with: tornado-ml serve\n")


def test_what_is_no_address_is_refused_kindly(run: Run) -> None:
    done = run("load", "echo", "--url", "localhost")
    assert (done.returncode, "'localhost' is no address of a service" in done.stderr) == (2, True)
