"""The line to a service: a socket, and another one when that is lost."""

from __future__ import annotations

import asyncio
import itertools
import random
import ssl
from collections.abc import Mapping
from contextlib import suppress

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from tornado_ml.client.conversation import ClientConversation
from tornado_ml.client.errors import ConnectionLost, LoginFailed
from tornado_ml.codecs.base import Codec
from tornado_ml.protocol.events import CLOSE_CODES, CLOSE_MESSAGE_TOO_BIG

MAX_ANSWER_BYTES = 64 * 1024 * 1024
PING_INTERVAL_S = 20.0
"""How often the service is pinged; one that does not answer before the next ping is lost."""
WELCOME_S = 20.0
"""How long the service may take to answer `hello`."""
MAX_DELAY_S = 30.0

# What is too large for the service would only be sent again.
_FATAL_CODES = {close.code for close in CLOSE_CODES if close.is_fatal} | {CLOSE_MESSAGE_TOO_BIG.code}


class Line:
    """Carries a conversation, over one connection after the other.

    Args:
        url: of the socket.
        codec: what the conversation is encoded by.
        conversation: what is carried; it is ended with the line.
        reconnect_s: how long to try to have a lost connection again; with 0 it cannot be resumed.
        headers: what the handshake says besides.

    Attributes:
        lost: why there will be no connection any more.
    """

    def __init__(
        self, url: str, codec: Codec, conversation: ClientConversation, reconnect_s: float, headers: Mapping[str, str]
    ) -> None:
        self._url = url
        self._codec = codec
        self._conversation = conversation
        self._reconnect_s = reconnect_s
        self._headers = dict(headers)
        # Made here and not by Tornado, which does so when it is imported: SSL_CERT_FILE may have been set since.
        self._tls = ssl.create_default_context() if url.startswith("wss:") else None
        self._socket: WebSocketClientConnection | None = None
        self._keeper: asyncio.Task[None]
        self.lost: ConnectionLost | None = None

    async def open(self) -> None:
        """Connect.

        Raises:
            ConnectionLost: nobody answers, or not as this service does; LoginFailed if it asks for another token.
        """
        self._socket = await self._dial()
        self._keeper = asyncio.create_task(self._keep(self._socket))

    def flush(self) -> None:
        """Send what may be sent now."""
        while self._socket is not None and (frame := self._conversation.take()) is not None:
            self._write(self._socket, frame)

    async def close(self) -> None:
        """End what goes on, here and at the service, and close the connection."""
        if self.lost is None and self._socket is not None:
            for frame in self._conversation.farewell() if self._reconnect_s else ():
                self._write(self._socket, frame)
            self._socket.close()
        else:
            self._keeper.cancel()
        self._give_up(ConnectionLost("The connection was closed by this client."))
        await asyncio.wait([self._keeper])

    async def _keep(self, socket: WebSocketClientConnection) -> None:
        try:
            while True:
                await self._listen(socket)
                lost = how_it_ended(socket)
                if self.lost is not None or not self._reconnect_s or socket.close_code in _FATAL_CODES:
                    raise lost
                self._conversation.disconnected(socket.close_code)
                socket = await self._dial_again(lost)
        except ConnectionLost as error:
            self._give_up(error)
        finally:
            self._give_up(ConnectionLost("The connection was closed with its event loop."))

    async def _listen(self, socket: WebSocketClientConnection) -> None:
        """Send and take what there is, to the end of the connection."""
        self._socket = socket
        try:
            self.flush()
            while (frame := await socket.read_message()) is not None:
                self._conversation.receive(frame)
                self.flush()
        finally:
            self._socket = None
            socket.close()

    async def _dial_again(self, lost: ConnectionLost) -> WebSocketClientConnection:
        error = lost
        try:
            async with asyncio.timeout(self._reconnect_s):
                for attempt in itertools.count():
                    await asyncio.sleep(random.uniform(0, max_delay_s(attempt)))  # noqa: S311 - it guards nothing
                    try:
                        return await self._dial()
                    except LoginFailed:
                        raise
                    except ConnectionLost as failure:
                        error = failure
        except TimeoutError:
            pass
        why = "." if error is lost else f": {error}"  # an attempt may take all the time
        raise ConnectionLost(f"{lost} It could not be had again in {self._reconnect_s:g} s{why}") from error

    async def _dial(self) -> WebSocketClientConnection:
        """A connection that the conversation has begun with.

        Raises:
            ConnectionLost: it cannot be had.
        """
        socket = await self._connect()
        try:
            if self._reconnect_s:
                self._write(socket, self._conversation.hello())
                async with asyncio.timeout(WELCOME_S):
                    frame = await socket.read_message()
                if frame is None:
                    raise how_it_ended(socket)
                self._conversation.welcome(frame)
            else:
                self._conversation.begin()
        except TimeoutError:
            socket.close()
            raise ConnectionLost(f"{self._url} did not answer in {WELCOME_S:g} s.") from None
        except BaseException:
            socket.close()
            raise
        return socket

    async def _connect(self) -> WebSocketClientConnection:
        connecting = asyncio.ensure_future(
            websocket_connect(
                # Where it might be sent on to is not who the token is for.
                HTTPRequest(
                    self._url, headers=self._headers, follow_redirects=not self._headers, ssl_options=self._tls
                ),
                ping_interval=PING_INTERVAL_S,
                max_message_size=MAX_ANSWER_BYTES,
                subprotocols=[self._codec.subprotocol],
            )
        )
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_close_unwanted)  # Tornado has no way to stop it
            raise
        except HTTPClientError as error:
            if error.code == 401:
                raise LoginFailed(f"{self._url} asks for a token, and knows none that it was shown.") from error
            raise ConnectionLost(f"Cannot connect to {self._url}: {error}") from error
        # Tornado lets out all kinds of them, and has no class for what they have in common.
        except Exception as error:
            raise ConnectionLost(f"Cannot connect to {self._url}: {error}") from error

    def _write(self, socket: WebSocketClientConnection, frame: bytes) -> None:
        with suppress(WebSocketClosedError):  # the reader comes to know as well
            socket.write_message(frame, binary=self._codec.is_binary).add_done_callback(_take_note)

    def _give_up(self, error: ConnectionLost) -> None:
        if self.lost is None:
            self.lost = error
            self._conversation.end(str(error))


def max_delay_s(attempt: int) -> float:
    """How long to wait at most before the next attempt to connect, after `attempt` that failed."""
    return min(MAX_DELAY_S, 0.5 * 2.0 ** min(attempt, 10))


def how_it_ended(socket: WebSocketClientConnection) -> ConnectionLost:
    """Why a socket is closed."""
    code, reason = socket.close_code, socket.close_reason
    how = f" with {code}" if code else ""
    return ConnectionLost(f"The connection was closed{how}{f': {reason}' if reason else ''}.")


def _close_unwanted(connecting: asyncio.Future[WebSocketClientConnection]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


def _take_note(written: asyncio.Future[None]) -> None:
    """An exception that nobody asks for is logged."""
    if not written.cancelled():
        written.exception()
