"""A network that loses connections, and a careful client behind it that speaks with the `websockets` library."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tornado_ml.server.base import Shared

FINAL = {"prediction_response", "prediction_error"}


@dataclass(frozen=True)
class Fault:
    """What is done to one connection.

    Attributes:
        up_bytes, down_bytes: after so many bytes of that direction the connection is lost; None never.
        resets: whether it is reset, instead of closed.
        delay_s: how long each piece is held back.
        piece_bytes: how large the pieces are that get through at a time.
    """

    up_bytes: int | None = None
    down_bytes: int | None = None
    resets: bool = False
    delay_s: float = 0.0
    piece_bytes: int = 65536


class FaultProxy:
    """Passes connections on to the service, each with the next of the faults it is given."""

    def __init__(self, port: int, faults: Sequence[Fault]) -> None:
        self._port = port
        self._faults = itertools.chain(faults, itertools.repeat(Fault()))
        self._tasks: set[asyncio.Task[None]] = set()
        self.lost_count = 0

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = next(self._faults)
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ends = (writer, there_writer)
        pumps = [
            asyncio.create_task(self._pump(reader, there_writer, fault.up_bytes, fault)),
            asyncio.create_task(self._pump(there_reader, writer, fault.down_bytes, fault)),
        ]
        self._tasks.update(pumps)
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        self._tasks.difference_update(pumps)
        for end in ends:
            if fault.resets:
                raw = end.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()
        for end in ends:
            with contextlib.suppress(OSError):
                await end.wait_closed()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None, fault: Fault
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(fault.piece_bytes if left is None else min(fault.piece_bytes, left)):
                await asyncio.sleep(fault.delay_s)
                writer.write(data)
                await writer.drain()
                if left is not None:
                    left -= len(data)
                    if left <= 0:
                        self.lost_count += 1
                        return


@dataclass
class CarefulClient:
    """Resumes after each loss, sends again what may not have arrived, and checks every frame.

    Attributes:
        answers: by id, each final answer that came.
        partials: by id, the partial predictions.
        is_new_count: how often the service no longer knew it.
    """

    url: str
    answers: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    partials: dict[Any, list[Any]] = field(default_factory=dict)
    sessions: dict[Any, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    pushed: list[Any] = field(default_factory=list)
    resumed_count: int = 0
    is_new_count: int = 0

    def __post_init__(self) -> None:
        self._welcome: dict[str, Any] = {}
        self._last_seq = 0
        self._sent: list[dict[str, Any]] = []
        self._acknowledged = 0
        self._socket: ClientConnection | None = None
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def say(self, event: str, data: Any, id: Any = None, **meta: Any) -> None:
        message = {"event": event, "data": data}
        message |= ({} if id is None else {"id": id}) | ({"meta": meta} if meta else {})
        self._sent.append(message)
        if self._socket is not None and self._welcome:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(json.dumps(message))

    async def until(self, holds: Any) -> None:
        while not holds():
            if self._task.done():
                self._task.result()
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 60)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await self._stay_connected()
        finally:
            self._changed.set()

    async def _stay_connected(self) -> None:
        while True:
            try:
                async with connect(self.url, compression=None, ping_interval=None, close_timeout=0.2) as self._socket:
                    await self._greet(self._socket)
                    async for frame in self._socket:
                        self._arrive(json.loads(frame))
            except (OSError, ConnectionClosed, InvalidHandshake, EOFError, TimeoutError):
                pass
            finally:
                self._socket = None
            await asyncio.sleep(0)

    async def _greet(self, socket: ClientConnection) -> None:
        known = {**self._welcome, "last_seq": self._last_seq} if self._welcome else {}
        self._socket = None  # what is said meanwhile waits
        await socket.send(json.dumps({"event": "hello", "data": known}))
        welcome = json.loads(await socket.recv())
        assert welcome["event"] == "welcome"
        data = welcome["data"]
        if data["resumed"]:
            self.resumed_count += 1
            done = data["received"] - self._acknowledged
            assert 0 <= done <= len(self._sent)
            self._acknowledged += done
            del self._sent[:done]
        else:
            self.is_new_count += bool(known)
            self._last_seq = self._acknowledged = 0
        self._welcome = {"session_token": data["session_token"], "epoch": data["epoch"]}
        again = list(self._sent)
        for number, message in enumerate(again):
            await socket.send(json.dumps(message))
            if number == len(again) - 1 and len(self._sent) > len(again):
                again.extend(self._sent[len(again) :])
        self._socket = socket

    def _arrive(self, frame: dict[str, Any]) -> None:
        event, id, data = frame["event"], frame.get("id"), frame["data"]
        assert frame["seq"] == self._last_seq + 1, "a frame is missing or doubled"
        self._last_seq += 1
        if "subscription" in frame.get("meta", {}):
            self.pushed.append(data["prediction"])
        elif event == "prediction_partial":
            partials = self.partials.setdefault(id, [])
            assert frame["meta"]["index"] == len(partials)
            assert id not in self.answers, "nothing comes after the answer"
            partials.append(data["prediction"])
        elif event in FINAL or event in {"subscribed", "unsubscribed", "session_opened", "session_closed"}:
            if event == "session_opened":
                self.sessions[id] = data["session"]
            if event == "session_closed":
                self.ended[data["session"]] = data["reason"]
            if id is not None:
                self.answers.setdefault(id, []).append(frame)
        self._changed.set()


@pytest.fixture
def make_fault() -> type[Fault]:
    return Fault


@pytest.fixture
def make_proxy() -> type[FaultProxy]:
    return FaultProxy


@pytest.fixture
def make_client() -> type[CarefulClient]:
    return CarefulClient


@pytest.fixture
def left_behind(shared: Shared) -> Any:
    """What the service still holds of its clients, by name; all of it is 0 in the end."""

    def count() -> dict[str, int]:
        runners = [deployment.runner for deployment in shared.manager.deployments()]
        return {
            "sockets": len(shared.sockets),
            "requests": shared.service.open_count,
            "sessions": shared.service.session_count,
            "feeds": shared.backend.feeds.running_count,
            "waiting": len(shared.backend.waiting_room),
            "held in workers": sum(runner.held_count for runner in runners),
        }

    return count
