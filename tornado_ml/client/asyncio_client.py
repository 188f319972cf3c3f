"""A client for asyncio, and `predict` for a single question."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import Any, Literal, Self

from tornado_ml.client.addresses import DEFAULT_SOCKET_URL, socket_url
from tornado_ml.client.answers import Answer, PredictionStream, PushedValues
from tornado_ml.client.conversation import ClientConversation
from tornado_ml.client.errors import ConnectionLost, PredictionError, SessionClosed
from tornado_ml.client.exchange import RemoteSession
from tornado_ml.client.line import Line
from tornado_ml.client.login import login_headers
from tornado_ml.client.plainly import plainly
from tornado_ml.codecs.base import Codec
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.errors import DeadlineExceeded
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.payloads import Document

RECONNECT_S = 60.0
CLOSE_S = 5.0
"""How long the end of a session is waited for."""
LATENESS_S = 1.0
"""How long after a deadline the service's own word is waited for."""


class Client:
    """The conversation with one service; made by `connect`. Whatever it is asked may go on side by side.

        async with await Client.connect("ws://127.0.0.1:8765/ws") as client:
            answer = await client.predict("iris_model", {...})

    A connection that is lost is made anew, and the conversation goes on where it was: nothing runs twice, and no answer
    is missing. Where a service stops in good order, what it has not begun is asked of the one that comes after it, and
    subscriptions go on there; sessions have ended. Where the service has forgotten the conversation otherwise, as after
    a crash, what was sent and is not answered raises ConnectionLost, for it may have run.
    """

    def __init__(self, line: Line, conversation: ClientConversation) -> None:
        self._line = line
        self._conversation = conversation

    @classmethod
    async def connect(
        cls,
        url: str = DEFAULT_SOCKET_URL,
        *,
        token: str | None = None,
        reconnect_s: float = RECONNECT_S,
        codec: Codec | None = None,
    ) -> Self:
        """Open a connection.

        Args:
            url: of the socket, or of the page it belongs to.
            token: says who this is, to a service that asks.
            reconnect_s: how long a connection that is lost is tried to be had again, before whatever waits raises
                ConnectionLost; with 0, that happens at once.
            codec: how frames are encoded; None is JSON.

        Raises:
            LoginFailed: the service asks for a token, and knows none that it was shown.
            ConnectionLost: nobody answers at `url`, or not as this service does.
            ValueError: `url` is no address, or `token` no token.
        """
        codec = codec or JSONCodec()
        conversation = ClientConversation(codec)
        line = Line(socket_url(url), codec, conversation, reconnect_s, login_headers(token))
        await line.open()
        return cls(line, conversation)

    async def predict(
        self,
        model: str,
        input_data: Any,
        *,
        model_version: str | None = None,
        deadline_s: float | None = None,
        replaces: str | None = None,
        retries: int = 0,
        trace: Mapping[str, str] | None = None,
    ) -> Document:
        """The `data` of the `prediction_response`: `{model_qualified_name, prediction}`.

        To cancel the task that waits for it is to cancel the prediction.

        Args:
            model: its qualified name.
            input_data: what its input schema describes.
            model_version: `"1"` or `"1.2"`; without it, the newest that is ready.
            deadline_s: in how many seconds it is wanted, or else PredictionError with DEADLINE_EXCEEDED.
            replaces: a name of your own. What was asked with the same name, and is not answered, raises PredictionError
                with SUPERSEDED: only the newest counts, as for a slider that moves.
            retries: how often it may be sent again where the connection is lost for good before the answer comes. With
                0 that raises ConnectionLost, for the model may have run.
            trace: `traceparent` and `tracestate` of the span that asks (W3C Trace Context).

        Raises:
            PredictionError: the service answered with an error.
            ConnectionLost: the connection was lost, and the answer with it.
            ValueError: `input_data` cannot be said in JSON, or is too large; arrays, tuples and numbers of numpy can.
        """
        meta = {"model_version": model_version, **(trace or {})}
        return await self.ask(model, input_data, meta, deadline_s, replaces=replaces, retries=retries).result()

    def stream(
        self,
        model: str,
        input_data: Any,
        *,
        model_version: str | None = None,
        deadline_s: float | None = None,
        trace: Mapping[str, str] | None = None,
    ) -> PredictionStream:
        """Ask for a prediction piece by piece. A model that gives no partial predictions just has a result.

            stream = client.stream("text_model", {...})
            async for piece in stream:
                ...
            answer = await stream.result()

        The arguments are those of `predict`; it must be called where an event loop runs.

        Raises:
            ConnectionLost: there is no connection any more.
            ValueError: as `predict`.
        """
        meta = {"model_version": model_version, "stream": True, **(trace or {})}
        return self.ask(model, input_data, meta, deadline_s)

    @asynccontextmanager
    async def session(
        self, model: str, parameters: Any = None, *, model_version: str | None = None
    ) -> AsyncIterator[Session]:
        """A session of a model that remembers, for as long as an `async with` lasts.

        Args:
            model: its qualified name.
            parameters: what its session schema describes; None is an empty object.
            model_version: as for `predict`.

        Raises:
            PredictionError: the service refused it.
            ConnectionLost: there is no connection any more.
            ValueError: the parameters cannot be said in JSON.
        """
        self._check()
        data = {
            "model_qualified_name": model,
            "parameters": plainly("parameters", {} if parameters is None else parameters),
        }
        opened, closed = Answer(), Answer()
        remote = self._conversation.open_session(data, _given(model_version=model_version), opened.tell)
        self._line.flush()
        try:
            await opened.wait()
            yield Session(self, model, remote)
        finally:
            self._conversation.close_session(remote, closed.tell)
            self._line.flush()
            with suppress(ConnectionLost, PredictionError, TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await closed.wait()

    async def subscribe(
        self,
        model: str,
        source: str,
        *,
        policy: Literal["latest", "buffer"] = "latest",
        max_rate_hz: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        """The predictions that a source makes a model give, the latest first. To leave the loop is to unsubscribe.

        Loops over the same source share one subscription: the `max_rate_hz` of the first holds, and its `policy` for
        what has not left the service yet.

        Args:
            model: its qualified name.
            source: as the model's metadata lists it.
            policy: what happens while they are not taken: `latest` keeps only the newest, `buffer` all, up to a limit.
            max_rate_hz: how many a second are wanted at most.

        Raises:
            PredictionError: the service refused the subscription, or ended it, or too much waited.
            ConnectionLost: there is no connection any more.
        """
        data = {"model_qualified_name": model, "source": source}
        meta = _given(policy=policy, max_rate_hz=max_rate_hz)
        values = PushedValues(newest_only=policy == "latest")
        with self._subscribed(data, meta, values):
            while True:
                yield (await values.next()).get("prediction")

    async def subscribe_models(self) -> AsyncGenerator[Document, None]:
        """The models, as `GET /api/models` lists them: each at once, then each as it changes.

        Raises:
            PredictionError: the service refused the subscription, or ended it.
            ConnectionLost: there is no connection any more.
        """
        values = PushedValues(newest_only=False)
        with self._subscribed({"topic": "models"}, {}, values):
            while True:
                yield await values.next()

    async def close(self) -> None:
        """Close the connection; what is open is cancelled, and raises ConnectionLost."""
        await self._line.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def ask(
        self,
        model: str,
        input_data: Any,
        meta: Document,
        deadline_s: float | None,
        *,
        session: RemoteSession | None = None,
        replaces: str | None = None,
        retries: int = 0,
    ) -> PredictionStream:
        """Ask for a prediction, whichever way its answer is taken."""
        self._check()
        data = {"model_qualified_name": plainly("name", model), "input_data": plainly("input", input_data)}
        meta = _given(**meta, deadline_ms=None if deadline_s is None else deadline_s * 1000)
        stream = PredictionStream()
        exchange = self._conversation.ask(
            events.PREDICTION_REQUEST, data, meta, stream.tell, session=session, replaces=replaces, retries=retries
        )

        def cancel() -> None:
            self._conversation.cancel(exchange)
            self._line.flush()

        stream.cancel = cancel
        if deadline_s is not None:
            late = messages.error_data(DeadlineExceeded(), model)
            stream.give_up_in(deadline_s + LATENESS_S, messages.server_message(events.PREDICTION_ERROR, late))
        self._line.flush()
        return stream

    @contextmanager
    def _subscribed(self, data: Document, meta: Document, values: PushedValues) -> Iterator[None]:
        self._check()
        leave = self._conversation.subscribe(data, meta, values.tell)
        self._line.flush()
        try:
            yield
        finally:
            leave()
            self._line.flush()

    def _check(self) -> None:
        if self._line.lost is not None:
            raise ConnectionLost(*self._line.lost.args)


class Session:
    """A model that remembers what it was asked before in this session; made by `Client.session`."""

    def __init__(self, client: Client, model: str, remote: RemoteSession) -> None:
        self._client = client
        self._model = model
        self._remote = remote

    @property
    def closed(self) -> str | None:
        """Why it has ended: `closed`, `idle`, `worker_died`, `unloaded` or `connection_lost`; None while it is open."""
        return self._remote.closed

    async def predict(
        self, input_data: Any, *, deadline_s: float | None = None, trace: Mapping[str, str] | None = None
    ) -> Document:
        """As `Client.predict`; what is asked in one session is answered in its order.

        Raises:
            SessionClosed: the session has ended.
        """
        if self._remote.closed is not None:
            raise SessionClosed(self._remote.closed)
        meta = {"session": self._remote.id, **(trace or {})}
        return await self._client.ask(self._model, input_data, meta, deadline_s, session=self._remote).result()


def predict(
    url: str,
    model: str,
    input_data: Any,
    *,
    model_version: str | None = None,
    deadline_s: float | None = None,
    token: str | None = None,
) -> Document:
    """Connect, ask once, disconnect; blocks. Takes, answers and raises what `Client` does.

    An event loop that runs in the caller's thread, as in a notebook, stands still meanwhile.
    """

    async def ask() -> Document:
        async with await Client.connect(url, token=token, reconnect_s=0) as client:
            return await client.predict(model, input_data, model_version=model_version, deadline_s=deadline_s)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(ask())
    with ThreadPoolExecutor(1) as other_thread:  # one thread cannot run two loops
        return other_thread.submit(asyncio.run, ask()).result()


def _given(**keys: Any) -> Document:
    """What has a value."""
    return {key: value for key, value in keys.items() if value is not None}
