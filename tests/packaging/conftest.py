"""Fresh clones, built distributions, empty environments, and the service run from them, as strangers would."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETOSA = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
INSTALLATION_S = 300
"""How long installing may take at most, on a slow line."""

Serve = Callable[[Sequence[str], Path], AbstractContextManager["Service"]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.packaging)


@dataclass(frozen=True)
class Service:
    url: str
    lines: Sequence[str]
    """What was printed before the line with the address."""

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=30) as response:
            text: str = response.read().decode()
        return text

    def predict(self, document: object) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/models/iris_model/predictions",
            json.dumps(document).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)["prediction"]

    def wait_until_ready(self, deadline_s: float = 60) -> None:
        """Returns when the models are loaded; the service listens before that."""
        give_up_at = time.monotonic() + deadline_s
        while True:
            try:
                self.get("/health/ready")
            except urllib.error.HTTPError as error:
                if error.code != 503 or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.05)
            else:
                return


@pytest.fixture(scope="session")
def newcomer() -> Mapping[str, str]:
    """The environment variables of somebody who has only just come: nothing of this test run, and any free port."""
    ours = re.compile(r"_*TOX_?|TORNADO_ML_|APP_SETTINGS|VIRTUAL_ENV|PYTEST_|PYTHON|MAKE|MFLAGS|CI$")
    inherited = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return {**inherited, "TORNADO_ML_SERVER__PORT": "0"}


@pytest.fixture(scope="session")
def run(newcomer: Mapping[str, str]) -> Callable[..., str]:
    """Runs a command to its end, which must be a good one, and returns what it printed."""

    def run(command: Sequence[str | Path], cwd: Path, **variables: str) -> str:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**newcomer, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
            timeout=INSTALLATION_S,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


@pytest.fixture(scope="session")
def clone(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Clones the project, as it is committed, into an empty folder."""

    def clone() -> Path:
        path = tmp_path_factory.mktemp("fresh") / "tornado-ml"
        run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, path], path.parent)
        return path

    return clone


@pytest.fixture(scope="session")
def serve(newcomer: Mapping[str, str]) -> Serve:
    """Serves for as long as a `with` lasts: `serve(command, cwd)`; ends it as Ctrl-C does."""

    @contextmanager
    def serve(command: Sequence[str], cwd: Path) -> Iterator[Service]:
        with subprocess.Popen(
            command,
            cwd=cwd,
            env=newcomer,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        ) as process:
            assert process.stdout is not None
            killer = threading.Timer(INSTALLATION_S, os.killpg, (process.pid, signal.SIGKILL))
            killer.start()
            lines: list[str] = []
            try:
                for line in process.stdout:
                    if found := re.fullmatch(r"tornado-ml: serving on (http://\S+)\n", line):
                        break
                    lines.append(line)
                else:
                    pytest.fail("".join(["It ended without serving:\n", *lines]))
                yield Service(found[1], lines)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGINT)
                process.stdout.read()
                process.wait()
                killer.cancel()

    return serve


@dataclass(frozen=True)
class Distributions:
    wheel: Path
    sdist: Path
    wheel_of_sdist: Path
    plugin_wheel: Path
    source: Path
    """The clone they were built from."""


@pytest.fixture(scope="session")
def distributions(
    clone: Callable[[], Path], run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Distributions:
    source = clone()
    out = tmp_path_factory.mktemp("dist")

    def build(folder: str, kinds: Sequence[str], project: Path) -> Sequence[Path]:
        run([sys.executable, "-m", "build", "--installer=uv", *kinds, "--outdir", out / folder, project], out)
        return sorted((out / folder).iterdir())

    (wheel,) = build("direct", ["--wheel"], source)
    wheel_of_sdist, sdist = build("both", [], source)
    (plugin_wheel,) = build("plugin", ["--wheel"], source / "plugins" / "iris_model")
    return Distributions(wheel, sdist, wheel_of_sdist, plugin_wheel, source)


@pytest.fixture(scope="session")
def wheel_environment(
    distributions: Distributions, run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An environment that holds the two wheels and what they require, and nothing else."""
    path = tmp_path_factory.mktemp("installed") / "environment"
    run([sys.executable, "-m", "venv", path], path.parent)
    run([path / "bin" / "pip", "install", distributions.wheel, distributions.plugin_wheel], path.parent)
    return path


@pytest.fixture(scope="session")
def readme_block() -> Callable[[str, str], str]:
    """The README's only shell block of this form (`make` or `venv`) for this purpose (`serve` or `test`).

    Without the lines that fetch the project, as the tests have a clone already.
    """
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    last_lines = {
        ("make", "serve"): "make serve",
        ("make", "test"): "make test",
        ("venv", "serve"): ".venv/bin/tornado-ml serve",
        ("venv", "test"): ".venv/bin/tox run-parallel",
    }

    def readme_block(form: str, purpose: str) -> str:
        last_line = last_lines[form, purpose]
        found = [block for block in blocks if block.splitlines()[-1].strip() == last_line]
        assert len(found) == 1, f"README.md needs one ```sh block that ends with {last_line!r} and has {len(found)}"
        return re.sub(r"^(git clone|cd) .*\n", "", found[0], flags=re.MULTILINE)

    return readme_block


@dataclass(frozen=True)
class Newcomer:
    """A fresh clone that was served once, and how that went."""

    clone: Path
    prediction: Any
    page: str


@pytest.fixture(scope="session")
def first_serve(
    clone: Callable[[], Path], serve: Serve, readme_block: Callable[[str, str], str]
) -> Callable[[str], Newcomer]:
    """Runs what the README says serves, in one of its forms, on a fresh clone; each form only once."""

    @cache
    def first_serve(form: str) -> Newcomer:
        path = clone()
        with serve(["bash", "-e", "-c", readme_block(form, "serve")], path) as service:
            service.wait_until_ready()
            return Newcomer(path, service.predict(SETOSA), service.get("/"))

    return first_serve
