"""Three times what a model can answer: each request is answered once, with a prediction or a refusal.

How soon, is said by `python -m benchmarks overload`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tornado_ml.testing import RunningServer, running_server

pytestmark = [pytest.mark.soak, pytest.mark.skipif(sys.platform != "linux", reason="the load client needs epoll")]

ROOT = Path(__file__).parents[3]
MAX_QUEUE = 100
SETTINGS = f"""
models.waiting_one_by_one.max_queue = {MAX_QUEUE}
[plugins]
disabled = ["anomaly", "digits", "iris", "text", "forest", "gil", "ticker"]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Its model answers some 200 requests a second."""
    with running_server("--strict", settings=SETTINGS, directories=[ROOT / "benchmarks" / "plugins"]) as server:
        yield server


@pytest.mark.parametrize(
    "load",
    [
        pytest.param({"connections": 50, "rate": 600}, id="whatever is still open"),
        pytest.param({"connections": 100, "in-flight": 3}, id="as soon as there is an answer"),
    ],
)
def test_each_request_is_answered_once(server: RunningServer, load: dict[str, int], tell: Callable[..., None]) -> None:
    command = [sys.executable, "-m", "benchmarks.load", server.socket_url, "--model", "waiting_one_by_one"]
    command += ["--inputs", json.dumps([{"number": number} for number in range(64)]), "--seconds", "4"]
    command += [part for name, value in load.items() for part in (f"--{name}", str(value))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    report = json.loads(done.stdout)
    tell(**{name: report[name] for name in ("sent", "answered", "errors", "latency", "error_latency")})
    assert report["unanswered"] == report["dropped_connections"] == 0
    assert set(report["errors"]) == {"OVERLOADED"}, "and none that was not asked for, or is another's"
    # What was open when the measured time began is answered in it; what is open at its end is waited for.
    assert 0 <= report["answered"] + report["errors"]["OVERLOADED"] - report["sent"] <= 300
    assert report["answered"] > 0
    assert "Traceback" not in server.log
