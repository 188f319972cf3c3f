"""A client for asyncio, and `predict` for a single question."""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from tornado_ml.client.addresses import DEFAULT_SOCKET_URL, socket_url
from tornado_ml.codecs.json import decode_json, encode_json
from tornado_ml.errors import BadFrame
from tornado_ml.models.plain_data import NotPlain, plain
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.payloads import Document

MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_ANSWER_DEPTH = 1000
PING_INTERVAL_S = 20.0
"""How often the service is pinged; one that does not answer before the next ping is lost."""


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
    """One connection to a service; made by `connect`.

    async with await Client.connect("ws://127.0.0.1:8765/ws") as client:
        answer = await client.predict("iris_model", {...})
    """

    def __init__(self) -> None:
        self._socket: WebSocketClientConnection
        self._ids = itertools.count(1)
        # A future's answer is None where the connection ended first: an exception that nobody fetches is logged.
        self._waiting: dict[int, asyncio.Future[Document | None]] = {}
        self._is_over = False
        self._closed = asyncio.Event()

    @classmethod
    async def connect(cls, url: str = DEFAULT_SOCKET_URL) -> Self:
        """Open a connection.

        Args:
            url: of the socket, or of the page it belongs to.

        Raises:
            ConnectionLost: nobody answers at `url`, or not as this service does.
            ValueError: `url` is no address.
        """
        client = cls()
        url = socket_url(url)
        try:
            client._socket = await websocket_connect(
                url,
                on_message_callback=client._receive,
                ping_interval=PING_INTERVAL_S,
                max_message_size=MAX_ANSWER_BYTES,
                subprotocols=[messages.SUBPROTOCOL_JSON],
            )
        # Tornado lets out all kinds of them, and has no class for what they have in common.
        except Exception as error:
            raise ConnectionLost(f"Cannot connect to {url}: {error}") from error
        return client

    async def predict(self, model: str, input_data: Any, *, model_version: str | None = None) -> Document:
        """The `data` of the `prediction_response`: `{model_qualified_name, prediction}`. Calls may run concurrently.

        Raises:
            PredictionError: the service answered with an error.
            ConnectionLost: the connection ended before the answer came.
            ValueError: `input_data` cannot be said in JSON; arrays, tuples and numbers of numpy can.
        """
        id = next(self._ids)
        frame = _request(id, model, input_data, model_version)
        waiting = self._waiting[id] = asyncio.get_running_loop().create_future()
        try:
            if self._is_over:
                raise self._lost()
            await self._socket.write_message(frame)
            answer = await waiting
        except WebSocketClosedError as error:
            raise self._lost() from error
        finally:
            del self._waiting[id]
        if answer is None:
            raise self._lost()
        data: Document = answer["data"]
        if answer["event"] == events.PREDICTION_ERROR.name:
            raise PredictionError(data)
        return data

    async def close(self) -> None:
        """Close the connection; what is open raises ConnectionLost."""
        self._socket.close()
        await self._closed.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def _receive(self, frame: str | bytes | None) -> None:
        """Called by Tornado for each frame, and with None at the end; perhaps before `connect` has the socket."""
        if frame is None:
            self._closed.set()
        message = None if frame is None else _message(frame)
        if message is None:
            self._is_over = True
        elif message["event"] not in _ANSWERS:
            return
        if message is None or "id" not in message:
            # An answer without an id says that a frame could not be read, and not which: all are told.
            concerned = list(self._waiting.values())
        else:
            concerned = [self._waiting[message["id"]]] if message["id"] in self._waiting else []
        for waiting in concerned:
            if not waiting.done():
                waiting.set_result(message)

    def _lost(self) -> ConnectionLost:
        if not self._closed.is_set():
            return ConnectionLost("What answered is no tornado-ml service.")
        code, reason = self._socket.close_code, self._socket.close_reason
        how = f" with {code}" if code else ""
        return ConnectionLost(f"The connection was closed{how}{f': {reason}' if reason else ''}.")


def predict(url: str, model: str, input_data: Any, *, model_version: str | None = None) -> Document:
    """Connect, ask once, disconnect; blocks. Takes, answers and raises what `Client` does.

    An event loop that runs in the caller's thread, as in a notebook, stands still meanwhile.
    """

    async def ask() -> Document:
        async with await Client.connect(url) as client:
            return await client.predict(model, input_data, model_version=model_version)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(ask())
    with ThreadPoolExecutor(1) as other_thread:  # one thread cannot run two loops
        return other_thread.submit(asyncio.run, ask()).result()


_ANSWERS = {events.PREDICTION_RESPONSE.name, events.PREDICTION_ERROR.name}


def _request(id: int, model: str, input_data: Any, model_version: str | None) -> bytes:
    request: Document = {"event": events.PREDICTION_REQUEST.name, "id": id}
    try:
        request["data"] = {"model_qualified_name": plain(model), "input_data": plain(input_data)}
    except NotPlain as error:
        where = f" at {error.fault.path}" if error.fault.path else ""
        raise ValueError(f"The input{where} {error.fault.message}.") from error
    if model_version is not None:
        request["meta"] = {"model_version": model_version}
    return encode_json(request)


def _message(frame: str | bytes) -> Document | None:
    """The message that a frame is, or None if it is none of this service."""
    try:
        message = decode_json(frame, MAX_ANSWER_DEPTH)
    except BadFrame:
        return None
    is_message = isinstance(message, dict) and isinstance(message.get("data"), dict) and "event" in message
    return message if is_message else None
