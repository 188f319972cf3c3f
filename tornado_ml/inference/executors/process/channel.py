"""Messages between the service and its worker processes: frames of pickles, over a socket pair.

A frame is a header (two unsigned 32-bit integers: the number of buffers and the length of the pickle), the length of
each buffer (unsigned 64-bit), the pickle, and the buffers. Arrays travel as buffers beside the pickle (PEP 574): they
are sent from and received into the memory they live in.

Pickles are read from our own processes only, never from the network.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import struct
from collections.abc import Callable
from typing import Any

_HEADER = struct.Struct("!II")
_LENGTH = struct.Struct("!Q")


def encode(message: Any) -> list[bytes | memoryview]:
    """The parts of a frame, to be sent in their order."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    head = _HEADER.pack(len(views), len(pickled)) + b"".join(_LENGTH.pack(view.nbytes) for view in views)
    return [head + pickled, *views]


class FrameReader:
    """Puts frames together from what arrives: says where the next bytes belong, and is told how many came."""

    _part: bytearray
    _view: memoryview
    _then: Callable[[], None]

    def __init__(self) -> None:
        self._expect(bytearray(_HEADER.size), self._on_header)
        self._parts: list[bytearray] = []
        self._messages: list[Any] = []

    @property
    def target(self) -> memoryview:
        """Where the next bytes belong."""
        return self._view

    def received(self, count: int) -> list[Any]:
        """Take note of `count` bytes in `target`; the messages that are complete now."""
        self._view = self._view[count:]
        while not self._view:
            self._then()
        messages, self._messages = self._messages, []
        return messages

    def _expect(self, part: bytearray, then: Callable[[], None]) -> None:
        self._part = part
        self._view = memoryview(part)
        self._then = then

    def _on_header(self) -> None:
        count, self._pickle_size = _HEADER.unpack(self._part)
        self._expect(bytearray(count * _LENGTH.size), self._on_lengths)

    def _on_lengths(self) -> None:
        lengths = [length for (length,) in _LENGTH.iter_unpack(self._part)]
        self._parts = [bytearray(self._pickle_size), *map(bytearray, lengths)]
        self._missing = iter(self._parts)
        self._next_part()

    def _next_part(self) -> None:
        part = next(self._missing, None)
        if part is not None:
            self._expect(part, self._next_part)
            return
        pickled, *buffers = self._parts
        self._messages.append(pickle.loads(pickled, buffers=buffers))  # noqa: S301 - from our own process
        self._parts = []
        self._expect(bytearray(_HEADER.size), self._on_header)


class BlockingChannel:
    """The worker's end."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._reader = FrameReader()
        self._arrived: list[Any] = []

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Any) -> None:
        """Raises OSError if the other side is gone."""
        for part in encode(message):
            self._socket.sendall(part)

    def receive(self) -> Any:
        """The next message, as soon as there is one. Raises EOFError if the other side is gone."""
        while not self._arrived:
            count = self._socket.recv_into(self._reader.target)
            if not count:
                raise EOFError
            self._arrived = self._reader.received(count)
        return self._arrived.pop(0)


class ChannelProtocol(asyncio.BufferedProtocol):
    """The service's end.

    Args:
        on_message: called with each message.
        on_lost: called once when the other side is gone.
    """

    def __init__(self, on_message: Callable[[Any], None], on_lost: Callable[[], None]) -> None:
        self._on_message = on_message
        self._on_lost = on_lost
        self._reader = FrameReader()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def send(self, message: Any) -> None:
        """Send as soon as can be; nothing happens if the other side is gone."""
        if self._transport is not None:
            self._transport.writelines(encode(message))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._reader.target

    def buffer_updated(self, nbytes: int) -> None:
        for message in self._reader.received(nbytes):
            self._on_message(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._on_lost()
