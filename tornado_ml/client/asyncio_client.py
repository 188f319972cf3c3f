"""A client for asyncio, and `predict` for a single question."""

from __future__ import annotations

import asyncio
import itertools
from types import TracebackType
from typing import Any, Self

from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from tornado_ml.protocol import messages
from tornado_ml.protocol.codec import decode_json, encode_json
from tornado_ml.protocol.messages import Document

DEFAULT_URL = "ws://127.0.0.1:8765/ws"
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_ANSWER_DEPTH = 1000


class PredictionError(Exception):
    """The service answered with an error.

    Attributes:
        data: the `data` of the `prediction_error`.
        code: what happened, by its stable name.
    """

    def __init__(self, data: Document) -> None:
        super().__init__(f"{data.get('code')}: {data.get('message')}")
        self.data = data
        self.code: str = data.get("code", "")


class ConnectionLost(Exception):
    """There is no connection, or it ended before the answer came."""


class Client:
    """One connection to a service.

    async with await Client.connect("ws://127.0.0.1:8765/ws") as client:
        answer = await client.predict("iris_model", {...})
    """

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Document]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, url: str = DEFAULT_URL) -> Self:
        """Open a connection.

        Raises:
            ConnectionLost: nobody answers at `url`, or not as this service does.
        """
        try:
            socket = await websocket_connect(
                url, subprotocols=[messages.SUBPROTOCOL_JSON], max_message_size=MAX_ANSWER_BYTES
            )
        except (OSError, HTTPClientError, ValueError) as error:
            raise ConnectionLost(f"Cannot connect to {url}: {error}") from error
        return cls(socket)

    async def predict(self, model: str, input_data: Any, *, model_version: str | None = None) -> Document:
        """The `data` of the `prediction_response`: `{model_qualified_name, prediction}`. Calls may run concurrently.

        Raises:
            PredictionError: the service answered with an error.
            ConnectionLost: the connection ended before the answer came.
        """
        id = next(self._ids)
        request = {"event": messages.PREDICTION_REQUEST.name, "id": id}
        request |= {"data": {"model_qualified_name": model, "input_data": input_data}}
        if model_version is not None:
            request |= {"meta": {"model_version": model_version}}
        answered = self._waiting[id] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.write_message(encode_json(request))
            answer = await answered
        except WebSocketClosedError as error:
            raise ConnectionLost("The connection is closed.") from error
        finally:
            del self._waiting[id]
        data: Document = answer["data"]
        if answer["event"] == messages.PREDICTION_ERROR.name:
            raise PredictionError(data)
        return data

    async def close(self) -> None:
        """Close the connection; what is open raises ConnectionLost."""
        self._socket.close()
        await self._reader

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _read(self) -> None:
        while (frame := await self._socket.read_message()) is not None:
            message = decode_json(frame, MAX_ANSWER_DEPTH)
            waiting = self._waiting.get(message.get("id"))
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        lost = f"The connection was closed with {self._socket.close_code or 'no code'}."
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionLost(lost))


def predict(url: str, model: str, input_data: Any, *, model_version: str | None = None) -> Document:
    """Connect, ask once, disconnect; blocks. Answers and raises as `Client.predict` does."""

    async def ask() -> Document:
        async with await Client.connect(url) as client:
            return await client.predict(model, input_data, model_version=model_version)

    return asyncio.run(ask())
