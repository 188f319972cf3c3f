"""The socket against the Autobahn test suite: RFC 6455, case by case (`make soak`)."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application

from tornado_ml.server.base import Shared
from tornado_ml.server.upgrade import UpgradeHandler

pytestmark = pytest.mark.long

SUITE = "autobahntestsuite==25.10.1"
CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
"""All but those of size and speed (9), which are benchmarks, and of compression (12, 13), which is off."""
LATE = {"6.4.1", "6.4.2", "6.4.3", "6.4.4"}
"""Text that is no UTF-8 is refused when its message is complete; the suite would have it refused at once."""
TIMEOUT_S = 600


def python2() -> str | None:
    """CPython 2.7, which the suite needs; what pyenv puts on the path may be none."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for candidate in ("python2.7", *map(str, sorted(versions.glob("2.7.*/bin/python2.7")))):
        path = shutil.which(candidate)
        if path and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return path
    return None


@pytest.fixture(scope="session")
def wstest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The suite's program, in an environment of its own."""
    python = python2()
    if python is None:
        pytest.skip("NOT RUN: the Autobahn test suite needs CPython 2.7, and there is none")
    place = tmp_path_factory.mktemp("autobahn")
    maker, home = place / "maker", place / "home"
    subprocess.run([sys.executable, "-m", "venv", maker], check=True)
    subprocess.run([maker / "bin/pip", "install", "--quiet", "virtualenv<20.22"], check=True)
    subprocess.run([maker / "bin/virtualenv", "--quiet", "-p", python, home], check=True)
    subprocess.run([home / "bin/pip", "install", "--quiet", SUITE], check=True)
    return home / "bin/wstest"


class EchoHandler(UpgradeHandler):
    """A socket as the service opens it, which says what it is told."""

    def on_message(self, message: str | bytes) -> None:
        self.write_message(message, binary=isinstance(message, bytes))


@pytest.fixture
def dropins(tmp_path: Path) -> Path:
    """No models: the suite asks for none."""
    return tmp_path


@pytest.mark.gen_test(timeout=TIMEOUT_S)
async def test_no_case_fails(shared: Shared, wstest: Path, tmp_path: Path) -> None:
    listener, port = bind_unused_port()
    app = Application([("/", EchoHandler, {"shared": shared})], websocket_max_message_size=1 << 20)
    server = HTTPServer(app)
    server.add_socket(listener)
    spec = tmp_path / "spec.json"
    reports = tmp_path / "reports"
    peer = {"agent": "tornado-ml", "url": f"ws://127.0.0.1:{port}/"}
    spec.write_text(json.dumps({"outdir": str(reports), "servers": [peer], "cases": CASES, "exclude-cases": []}))
    process = await asyncio.create_subprocess_exec(
        wstest, "-m", "fuzzingclient", "-s", spec, cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
    server.stop()
    await server.close_all_connections()
    found = outcomes(json.loads((reports / "index.json").read_text())["tornado-ml"])
    assert sum(map(len, found.values())) == 247
    assert found.pop("NON-STRICT", set()) <= LATE
    found.pop("INFORMATIONAL", None)
    assert set(found) == {"OK"}, {outcome: sorted(cases) for outcome, cases in found.items() if outcome != "OK"}


def outcomes(report: dict[str, Any]) -> dict[str, set[str]]:
    """The cases by how they ended: what was said, and how the connection was closed."""
    found: dict[str, set[str]] = defaultdict(set)
    for case, result in report.items():
        for outcome in {result["behavior"], result["behaviorClose"]} - {"OK"} or {"OK"}:
            found[outcome].add(case)
    return found
