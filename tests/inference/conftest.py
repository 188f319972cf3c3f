"""A real service with models that have bad days, in processes of its own, and a client that reads answers by their id."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from tornado_ml.testing import RunningServer

TESTS = Path(__file__).parents[1]
LIMIT_S = 60.0
"""How long anything here may take, on a machine that is busy with other things."""


class Peer:
    """A client.

    Attributes:
        answered: the ids of what has been answered, in the order of the answers.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.answered: list[int] = []
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def send(self, model: str, data: Any, **meta: Any) -> tuple[int, asyncio.Future[dict[str, Any]]]:
        """Ask; the id of the request, and its answer to wait for."""
        id = next(self._ids)
        document: dict[str, Any] = {
            "event": "prediction_request",
            "id": id,
            "data": {"model_qualified_name": model, "input_data": data},
        }
        if meta:
            document["meta"] = meta
        answer = self._waiting[id] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps(document))
        return id, answer

    async def ask(self, model: str, data: Any, **meta: Any) -> dict[str, Any]:
        """The frame that answers."""
        _, answer = await self.send(model, data, **meta)
        async with asyncio.timeout(LIMIT_S):  # `wait_for` may swallow a cancellation before Python 3.12
            return await answer

    async def predict(self, model: str, data: Any, **meta: Any) -> Any:
        frame = await self.ask(model, data, **meta)
        assert frame["event"] == "prediction_response", frame
        return frame["data"]["prediction"]

    async def fail(self, model: str, data: Any, **meta: Any) -> str:
        """The code of the error that answers."""
        return code(await self.ask(model, data, **meta))

    async def cancel(self, id: int) -> None:
        await self.socket.send(json.dumps({"event": "prediction_cancel", "id": id, "data": {}}))

    async def read(self) -> None:
        with suppress(ConnectionClosedError):  # the service may be killed
            async for frame in self.socket:
                document = json.loads(frame)
                if "id" in document:
                    self.answered.append(document["id"])
                    self._waiting.pop(document["id"]).set_result(document)


def code(frame: dict[str, Any]) -> str:
    assert frame["event"] == "prediction_error", frame
    text: str = frame["data"]["code"]
    return text


@asynccontextmanager
async def talk(server: RunningServer) -> AsyncIterator[Peer]:
    async with connect(server.socket_url, open_timeout=LIMIT_S, max_size=None) as socket:
        peer = Peer(socket)
        reading = asyncio.create_task(peer.read())
        yield peer
    await reading


@pytest.fixture(scope="session")
def dropins_bad() -> Path:
    return TESTS / "dropins_bad"


@pytest.fixture(scope="session")
def peer() -> Callable[[RunningServer], AbstractAsyncContextManager[Peer]]:
    """Connects to a service: `async with peer(server) as client`."""
    return talk


@pytest.fixture(scope="session")
def states() -> Callable[[RunningServer], dict[str, tuple[str, str]]]:
    """The state of each model, and the reason for it."""

    def states(server: RunningServer) -> dict[str, tuple[str, str]]:
        with urlopen(f"{server.url}/api/models", timeout=LIMIT_S) as response:
            models = json.load(response)["models"]
        return {one["qualified_name"]: (one["state"], one["versions"][0].get("reason", "")) for one in models}

    return states


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where models leave a mark of what they have done."""
    path = tmp_path_factory.mktemp("marks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAD_LOADING_MARKS", str(path))
        yield path
