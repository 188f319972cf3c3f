"""A reader who follows a page: makes the files it shows, types its commands, and compares what it says they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tornado_ml.testing import running_server

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "127.0.0.1:8765"
"""Where the pages say that the service is; in a test it is at a free port."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page. One whose first line is a comment that names a file is that file."""

    language: str
    text: str
    line: int

    @property
    def file(self) -> str | None:
        named = re.match(r"(?:#|//) ([\w./-]+\.\w+)\n", self.text)
        return named[1] if named else None

    @property
    def serves(self) -> bool:
        return self.language == "sh" and "tornado-ml serve" in self.text.rstrip().splitlines()[-1]


def read_blocks(page: Path) -> Sequence[Block]:
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [Block(match[1], match[2], text.count("\n", 0, match.start()) + 1) for match in found]


@dataclass
class Reader:
    """Follows pages in a folder.

    Attributes:
        folder: where everything happens.
        address: of the service that is running.
        replaced: commands that are typed otherwise in a test.
    """

    folder: Path
    services: ExitStack
    address: str = ADDRESS
    replaced: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)

    def follow(self, page: Path, skip: Callable[[Block], bool] = lambda block: False) -> None:
        blocks = read_blocks(page)
        for block, after in zip(blocks, [*blocks[1:], None], strict=True):
            expected = after.text if after is not None and after.language == "text" else None
            try:
                if not skip(block):
                    self._do(block, expected)
            except BaseException as error:
                error.add_note(f"{page.relative_to(ROOT)}, line {block.line}:\n{block.text}")
                raise

    def _do(self, block: Block, expected: str | None) -> None:
        if block.file is not None:
            file = self.folder / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        elif block.serves:
            line = self._serve(block.text)
            assert expected is None or _matches(line, expected.replace(ADDRESS, self.address))
        elif block.language in {"sh", "python"}:
            shell = ["bash", "-e", "-o", "pipefail", "-c"] if block.language == "sh" else [sys.executable, "-c"]
            done = self._start([*shell, self._typed(block.text)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            output, errors = done.communicate(timeout=120)
            assert done.returncode == 0, output + errors
            assert expected is None or _matches(output, expected.replace(ADDRESS, self.address)), output

    def _typed(self, text: str) -> str:
        """What a reader would type, here."""
        text = text.replace(ADDRESS, self.address)
        for command in ("predict", "listen", "replay"):
            text = text.replace(f"tornado-ml {command} ", f"tornado-ml {command} --url http://{self.address} ")
        for command, instead in self.replaced.items():
            text = text.replace(command, instead)
        return text

    def _start(self, command: Sequence[str], **options: int) -> subprocess.Popen[str]:
        ours = re.compile(r"TORNADO_ML_|APP_SETTINGS|PYTHON|PYTEST_|VIRTUAL_ENV")
        environ = {name: value for name, value in os.environ.items() if not ours.match(name)}
        path = os.pathsep.join([str(Path(sys.executable).parent), environ["PATH"]])
        environ |= {"PATH": path, "TORNADO_ML_SERVER__PORT": "0", **self.environ}
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            **options,
        )

    def _serve(self, command: str) -> str:
        """Serve instead of whatever is served, and give what is printed first."""
        self.services.close()
        *before, last = self._typed(command).splitlines()
        process = self._start(["bash", "-e", "-c", "\n".join([*before, f"exec env {last}"])], stdout=subprocess.PIPE)
        self.services.callback(_stop, process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "it ended without serving"
        self.address = line.rstrip().rpartition("/")[2]
        self._wait_until_ready()
        return line

    def _wait_until_ready(self) -> None:
        """A reader needs longer to go on than the models to load; a test does not."""
        give_up_at = time.monotonic() + 60
        while not self._is_ready():
            assert time.monotonic() < give_up_at
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        connection = HTTPConnection(self.address, timeout=10)
        with closing(connection):
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=30)


def _matches(output: str, expected: str) -> bool:
    """Whether it is what the page says; there `…` stands for anything."""
    pattern = re.escape(expected.strip()).replace("…", ".*")
    return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def pages() -> Sequence[Path]:
    """All pages that people read; the templates are read as what they become."""
    ours = [path for path in (ROOT / "docs").rglob("*.md") if "templates" not in path.parts]
    return [*sorted(ROOT.glob("*.md")), *sorted(ours), *sorted(ROOT.glob("plugins/*/README.md"))]


@pytest.fixture
def blocks() -> Callable[[Path], Sequence[Block]]:
    return read_blocks


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """One for whom nothing is served yet, with the test's own environment as `.venv`."""
    with ExitStack() as services:
        (tmp_path / ".venv").symlink_to(sys.prefix)
        yield Reader(tmp_path, services)


@pytest.fixture(scope="session")
def served_address() -> Iterator[str]:
    """Where the example model is served."""
    with running_server() as server:
        yield server.url.removeprefix("http://")


@pytest.fixture
def reader_with_service(reader: Reader, served_address: str) -> Reader:
    """One for whom the example model is served."""
    reader.address = served_address
    return reader
