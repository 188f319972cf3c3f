"""Those who visit a service for a long time: some well-behaved, some not."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tornado_ml.testing import RunningServer

ANSWER_S = 30.0
"""What is not answered by then counts as unanswered."""
FINAL = {"prediction_response", "prediction_error"}


class Visitors:
    """Everybody, and a count of what was asked and how it was answered.

    Attributes:
        asked: how much, by who asked.
        outcomes: "OK" or the code of each answer.
        unanswered: by who asked.
    """

    def __init__(self, server: RunningServer, make_client: Any, make_proxy: Any, make_fault: Any) -> None:
        self.asked: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.unanswered: Counter[str] = Counter()
        self.happened: Counter[str] = Counter()
        self.chance = random.Random(6)
        self._server = server
        self._port = int(server.url.rpartition(":")[2])
        self._make_client, self._make_proxy, self._make_fault = make_client, make_proxy, make_fault
        self._http = AsyncHTTPClient(force_instance=True, max_clients=200, defaults={"request_timeout": ANSWER_S})
        self._examples: dict[str, list[Any]] = {}

    async def look_round(self) -> None:
        """Which models there are, and what they may be asked."""
        for entry in json.loads((await self.fetch("/api/models")).body)["models"]:
            name = entry["qualified_name"]
            metadata = json.loads((await self.fetch(f"/api/models/{name}/metadata")).body)
            if entry["state"] == "ready" and metadata["examples"]:
                self._examples[name] = metadata["examples"]

    async def go_on(self, seconds: float) -> None:
        """Everybody does again and again what they do, for so long, and comes to an end."""
        until = asyncio.get_running_loop().time() + seconds

        async def repeat(visit: Callable[[], Awaitable[None]], pause_s: float) -> None:
            while asyncio.get_running_loop().time() < until:
                await visit()
                await asyncio.sleep(self.chance.uniform(0, 2 * pause_s))

        async with asyncio.TaskGroup() as group:
            for visit, count, pause_s in (
                (self.ask_by_rest, 4, 0.03),
                (self.converse_over_a_bad_network, 4, 0.1),
                (self.vanish, 2, 0.3),
                (self.read_nothing, 1, 0.5),
                (self.listen_to_events, 2, 0.1),
                (self.ask_by_socketio, 2, 0.1),
                (self.reload, 1, 3),
                (self.kill, 1, 5),
            ):
                for _ in range(count):
                    group.create_task(repeat(visit, pause_s))

    async def fetch(self, path: str) -> HTTPResponse:
        return await self._http.fetch(f"{self._server.url}{path}", raise_error=False)

    async def post(self, path: str, body: Any, accept: str = "*/*") -> HTTPResponse:
        headers = {"Content-Type": "application/json", "Accept": accept}
        url = f"{self._server.url}{path}"
        return await self._http.fetch(url, method="POST", body=json.dumps(body), headers=headers, raise_error=False)

    async def ask_by_rest(self) -> None:
        name = self.chance.choice(list(self._examples))
        self.asked["rest"] += 1
        response = await self.post(f"/api/models/{name}/predictions", self.chance.choice(self._examples[name]))
        if response.code == 599:
            self.unanswered["rest"] += 1
        else:
            self.outcomes[json.loads(response.body).get("code", "OK")] += 1

    async def converse_over_a_bad_network(self) -> None:
        """Requests, a stream, one that is cancelled, a session and a subscription, with a loss on the way."""
        cut = {self.chance.choice(["up_bytes", "down_bytes"]): self.chance.randrange(1, 6000)}
        fault = self._make_fault(**cut, resets=self.chance.random() < 0.5)
        async with self._make_proxy(self._port, [fault]) as proxy:
            client = self._make_client(f"ws://127.0.0.1:{proxy.port}/ws")
            try:
                await self._converse(client)
            finally:
                await client.close()
                self.happened.update(lost=proxy.lost_count, resumed=client.resumed_count, forgotten=client.is_new_count)

    async def _converse(self, client: Any) -> None:
        await client.say("subscribe", {"model_qualified_name": "echo", "source": "ticks"}, 1)
        await client.say("session_open", {"model_qualified_name": "adder"}, 2)
        count = {"model_qualified_name": "counter", "input_data": {"to": self.chance.randrange(200)}}
        await client.say("prediction_request", count, 3, stream=True)
        await client.say("prediction_request", count, 4, stream=True)
        await client.say("prediction_cancel", {}, 4)
        for id in range(5, 15):
            name = self.chance.choice(list(self._examples))
            data = {"model_qualified_name": name, "input_data": self.chance.choice(self._examples[name])}
            await client.say("prediction_request", data, id)
        asked = set(range(1, 15))
        self.asked["conversation"] += len(asked)
        try:
            await client.until(lambda: 2 in client.answers)
            if session := client.sessions.get(2):
                add = {"model_qualified_name": "adder", "input_data": {"number": 1}}
                for id in range(20, 25):
                    await client.say("prediction_request", add, id, session=session)
                asked |= set(range(20, 25))
                self.asked["conversation"] += 5
            await client.until(lambda: client.answers.keys() >= asked)
        except TimeoutError:
            self.unanswered["conversation"] += len(asked - client.answers.keys())
        self.outcomes.update(
            frame["data"].get("code", "OK") for frames in client.answers.values() for frame in frames[:1]
        )
        self.happened["answered twice"] += sum(len(frames) - 1 for frames in client.answers.values())

    @asynccontextmanager
    async def _socket(self, path: str = "/ws", **options: Any) -> AsyncIterator[ClientConnection]:
        url = f"ws://127.0.0.1:{self._port}{path}"
        async with connect(url, compression=None, ping_interval=None, open_timeout=ANSWER_S, **options) as socket:
            yield socket

    async def vanish(self) -> None:
        """Without a word, amid a stream, a session and a subscription."""
        async with self._socket() as socket:
            if self.chance.random() < 0.5:
                await socket.send('{"event": "hello", "data": {}}')
            for event, data in (
                ("subscribe", {"model_qualified_name": "echo", "source": "ticks"}),
                ("session_open", {"model_qualified_name": "adder"}),
                ("prediction_request", {"model_qualified_name": "counter", "input_data": {"to": 100_000}}),
            ):
                meta = {"meta": {"stream": True}} if event == "prediction_request" else {}
                await socket.send(json.dumps({"event": event, "data": data, "id": event, **meta}))
            for _ in range(self.chance.randrange(20)):
                await socket.recv()
            socket.transport.abort()
        self.happened["vanished"] += 1

    async def read_nothing(self) -> None:
        """But ask, until the service has had enough of it."""
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self._port))
        async with self._socket(sock=raw, max_queue=1, close_timeout=0.1) as deaf:
            data = {"model_qualified_name": "echo", "input_data": "x" * 60_000}
            frame = json.dumps({"event": "prediction_request", "data": data})
            with suppress(ConnectionClosed, TimeoutError):
                async with asyncio.timeout(30):
                    while True:
                        await deaf.send(frame)
                        await asyncio.sleep(0.01)
            self.happened["read nothing"] += 1
            deaf.transport.abort()

    async def listen_to_events(self) -> None:
        """A stream to its end, and a subscription for a while, as server-sent events."""
        self.asked["sse"] += 1
        body = {"to": self.chance.randrange(100)}
        response = await self.post("/api/models/counter/predictions", body, accept="text/event-stream")
        last = response.body.decode().rpartition("data: ")[2] if response.code != 599 else ""
        if not last.strip():
            self.unanswered["sse"] += 1
        else:
            self.outcomes[json.loads(last).get("code", "OK")] += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"GET /api/models/echo/subscriptions/ticks HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with suppress(OSError):
            for _ in range(self.chance.randrange(1, 40)):
                await asyncio.wait_for(reader.readline(), ANSWER_S)
        writer.transport.abort()

    async def ask_by_socketio(self) -> None:
        async with self._socket("/socket.io/?EIO=4&transport=websocket") as socket:
            await socket.recv()
            await socket.send("40")
            await socket.recv()
            left = self.chance.randrange(1, 10)
            self.asked["socketio"] += left
            for _ in range(left):
                name = self.chance.choice(list(self._examples))
                data = {"model_qualified_name": name, "input_data": self.chance.choice(self._examples[name])}
                await socket.send(f"42{json.dumps(['prediction_request', data])}")
            with suppress(TimeoutError, ConnectionClosed):
                while left:
                    packet = str(await asyncio.wait_for(socket.recv(), ANSWER_S))
                    if packet == "2":
                        await socket.send("3")
                    elif packet.startswith("42"):
                        event, data = json.loads(packet[2:])
                        left -= event in FINAL
                        self.outcomes[data.get("code", data.get("type", "OK"))] += event in FINAL
            self.unanswered["socketio"] += left

    async def reload(self) -> None:
        name = self.chance.choice([*self._examples, "adder", "counter"])
        response = await self.post(f"/api/models/{name}/reload", {})
        self.happened[f"reload: {response.code}"] += 1

    async def mend(self) -> None:
        """Load anew whose workers have died too often, whichever version it is, as an operator would."""
        for entry in json.loads((await self.fetch("/api/models")).body)["models"]:
            if "failed" in [version["state"] for version in entry["versions"]]:
                response = await self.post(f"/api/models/{entry['qualified_name']}/reload", {})
                self.happened[f"failed, then: {response.code}"] += 1

    async def kill(self) -> None:
        """A worker of the service, with SIGKILL."""
        if workers := children(self._server.process.pid):
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(workers), signal.SIGKILL)
                self.happened["killed"] += 1


def children(pid: int) -> list[int]:
    """The worker processes of the service."""
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            found += [int(child) for child in (thread / "children").read_text().split()]
    return [child for child in found if b"tornado_ml" in _command(child)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def visitors(make_client: Any, make_proxy: Any, make_fault: Any) -> Callable[[RunningServer], Visitors]:
    return lambda server: Visitors(server, make_client, make_proxy, make_fault)


@pytest.fixture
def workers_of() -> Callable[[int], list[int]]:
    return children
