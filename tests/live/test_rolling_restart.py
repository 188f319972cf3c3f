"""A service that is replaced by another one while clients go on asking: nobody notices."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tornado_ml.client import Client, line
from tornado_ml.testing import RunningServer, running_server

SETTINGS = '[plugins]\ndisabled = ["anomaly", "digits", "iris", "text"]\n[server]\nreuse_port = true\ndrain_s = 20\n'
CLIENT_COUNT = 4

Start = Callable[[int], AbstractContextManager[RunningServer]]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def start(dropins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Runs a service at a port, for as long as a `with` lasts, which begins when this very service is ready."""

    @contextmanager
    def start(port: int) -> Iterator[RunningServer]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.settimeout(60)
            supervisor.bind(str(tmp_path / f"notify-{os.urandom(4).hex()}"))
            monkeypatch.setenv("NOTIFY_SOCKET", supervisor.getsockname())
            running = running_server("--port", str(port), settings=SETTINGS, directories=[dropins], until_ready=False)
            with running as server:
                while b"READY=1" not in supervisor.recv(4096).split(b"\n"):
                    pass
                yield server

    return start


class Askers:
    """Clients that ask without a pause, some of it slowly; each answer must be the one to its question."""

    def __init__(self, clients: list[Client]) -> None:
        self.answer_count = 0
        self._is_over = False
        self._tasks = [asyncio.create_task(self._ask(client, number)) for number, client in enumerate(clients)]
        self._tasks += [asyncio.create_task(self._ask_slowly(client)) for client in clients]

    async def more(self, count: int) -> None:
        """Returns when so many further answers have come."""
        wanted = self.answer_count + count
        while self.answer_count < wanted:
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
            self.answer_count += len(batch)

    async def _ask_slowly(self, client: Client) -> None:
        while not self._is_over:
            answer = await client.predict("slow", {"seconds": 0.2})
            assert answer["prediction"] == {"slept": 0.2}
            self.answer_count += 1


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[Askers]:
    clients = [await Client.connect(url) for _ in range(CLIENT_COUNT)]
    askers = Askers(clients)
    try:
        yield askers
        await askers.end()
    finally:
        for client in clients:
            await client.close()


async def enter(service: AbstractContextManager[RunningServer]) -> RunningServer:
    return await asyncio.to_thread(service.__enter__)


async def stop(server: RunningServer) -> None:
    server.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(server.process.wait, 30) == 0


@pytest.fixture(autouse=True)
def quick_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "max_delay_s", lambda attempt: 0.1)


@pytest.mark.gen_test(timeout=100)
async def test_no_request_is_lost_where_the_new_one_shares_the_port_with_the_old_one(
    start: Start, free_port: int
) -> None:
    services = [start(free_port) for _ in range(3)]
    old = await enter(services[0])
    async with asking(old.url) as askers:
        for service in services[1:]:
            await askers.more(200)
            new = await enter(service)
            await stop(old)
            old = new
        await askers.more(200)
    for service in services:
        await asyncio.to_thread(service.__exit__, None, None, None)
