"""Services that take over from each other, and clients that ask all the time meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import ExitStack, asynccontextmanager
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tornado_ml.client import Client, line
from tornado_ml.testing import RunningServer, running_server

SETTINGS = '[plugins]\ndisabled = ["anomaly", "digits", "iris", "text"]\n[server]\ndrain_s = 20\n'
CLIENT_COUNT = 4

TARDY = """
import time
from tornado_ml import MLModel, hookimpl

class Tardy(MLModel):
    executor = "thread"
    qualified_name, display_name, description = "tardy", "Tardy", "Takes its time to load, and answers with its input."
    major_version, minor_version = 1, 0
    input_schema = output_schema = {}

    def __init__(self):
        time.sleep(1)

    def predict(self, data):
        return data

@hookimpl
def register_models():
    return [Tardy]
"""


class Fleet:
    """Services, each with a supervisor that hears when it is ready; those that are left end with the test."""

    def __init__(
        self, directories: list[Path], folder: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._directories = directories
        self._folder = folder
        self._stack = stack
        self._monkeypatch = monkeypatch

    async def start(self, port: int, settings: str = "") -> RunningServer:
        """A service at a port. Returns when this very one is ready."""
        return await asyncio.to_thread(self._start, port, settings)

    async def stop(self, server: RunningServer) -> None:
        """Stop it in good order."""
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.process.wait, 30) == 0

    def _start(self, port: int, settings: str) -> RunningServer:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.settimeout(60)
            supervisor.bind(str(self._folder / os.urandom(4).hex()))
            self._monkeypatch.setenv("NOTIFY_SOCKET", supervisor.getsockname())
            arguments = ["--port", str(port), "--verbose"]
            server = self._stack.enter_context(
                running_server(
                    *arguments, settings=SETTINGS + settings, directories=self._directories, until_ready=False
                )
            )
            while b"READY=1" not in supervisor.recv(4096).split(b"\n"):
                pass
        return server


@pytest.fixture
def plugin_folders(dropins: Path, tmp_path: Path) -> list[Path]:
    """Folders of models, one of which loads slowly."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "tardy.py").write_text(TARDY)
    return [dropins, tmp_path / "plugins"]


@pytest.fixture
def fleet(plugin_folders: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(plugin_folders, tmp_path, stack, monkeypatch)


@pytest.fixture
def free_ports() -> Callable[[int], list[int]]:
    def find(count: int) -> list[int]:
        with ExitStack() as stack:
            probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
            return [int(probe.getsockname()[1]) for probe in probes]

    return find


class Askers:
    """Clients that ask without a pause, some of it slowly; each answer must be the one to its question.

    What is asked over REST is asked again where the answer has a status of `asked_again`.
    """

    def __init__(self, url: str, clients: list[Client], asked_again: Collection[int]) -> None:
        self.counts = {"socket": 0, "slow": 0, "rest": 0}
        self._url = urlsplit(url)
        self._asked_again = asked_again
        self._is_over = False
        self._tasks = [asyncio.create_task(self._ask(client, number)) for number, client in enumerate(clients)]
        self._tasks += [asyncio.create_task(self._ask_slowly(client)) for client in clients]
        self._tasks += [asyncio.create_task(self._ask_over_rest())]

    async def more(self) -> None:
        """Returns when further answers have come, of each kind."""
        wanted = {
            "socket": self.counts["socket"] + 200,
            "slow": self.counts["slow"] + 4,
            "rest": self.counts["rest"] + 20,
        }
        while any(self.counts[kind] < wanted[kind] for kind in wanted):
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.01)

    async def end(self) -> None:
        self._is_over = True
        await asyncio.gather(*self._tasks)

    async def _ask(self, client: Client, number: int) -> None:
        question = 0
        while not self._is_over:
            batch = [f"{number}.{question + offset}" for offset in range(5)]
            question += len(batch)
            answers = await asyncio.gather(*(client.predict("echo", one) for one in batch))
            assert [answer["prediction"] for answer in answers] == batch
            self.counts["socket"] += len(batch)

    async def _ask_slowly(self, client: Client) -> None:
        while not self._is_over:
            answer = await client.predict("slow", {"seconds": 0.2})
            assert answer["prediction"] == {"slept": 0.2}
            self.counts["slow"] += 1

    async def _ask_over_rest(self) -> None:
        question = 0
        while not self._is_over:
            question += 1
            status, answer = await asyncio.to_thread(self._post, question)
            while status in self._asked_again:
                status, answer = await asyncio.to_thread(self._post, question)
            assert (status, answer.get("prediction")) == (200, question), answer
            self.counts["rest"] += 1

    def _post(self, question: int) -> tuple[int, dict[str, object]]:
        is_sealed = self._url.scheme == "https"
        connection = (
            HTTPSConnection(self._url.netloc, timeout=30, context=ssl.create_default_context())
            if is_sealed
            else HTTPConnection(self._url.netloc, timeout=30)
        )
        try:
            connection.request("POST", "/api/models/tardy/predictions", json.dumps(question))
            response = connection.getresponse()
            content = response.read()
            return response.status, json.loads(content) if response.status == 200 else {"answer": content}
        finally:
            connection.close()


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """Asks the service at an address for as long as an `async with` lasts."""
    monkeypatch.setattr(line, "max_delay_s", lambda attempt: 0.1)

    @asynccontextmanager
    async def asking(url: str, asked_again: Collection[int] = ()) -> AsyncIterator[Askers]:
        clients = [await Client.connect(url) for _ in range(CLIENT_COUNT)]
        askers = Askers(url, clients, asked_again)
        try:
            yield askers
            await askers.end()
        finally:
            for client in clients:
                await client.close()

    return asking
