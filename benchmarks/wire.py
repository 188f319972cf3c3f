"""The client's side of RFC 6455, as little of it as a load client needs: text frames out, unfragmented frames in.

A client library would take longer for a frame than the servers under test, and so would measure itself.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Any
from urllib.parse import urlsplit

import orjson

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
"""The first byte of an unfragmented frame (RFC 6455, section 5.2)."""

_HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class ConnectionLost(Exception):
    """The server has closed the connection, or cut it."""


def request_frame(id: int, model: str, input_data: Any) -> bytes:
    """A `prediction_request`, ready to be sent."""
    data = {"model_qualified_name": model, "input_data": input_data}
    return masked(orjson.dumps({"event": "prediction_request", "id": id, "data": data}))


def masked(payload: bytes, opcode: int = TEXT) -> bytes:
    """A frame of a client, whose payload must be masked (RFC 6455, section 5.3)."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", opcode, 0x80 | 127, size)
    key = os.urandom(4)
    mask = (key * (size // 4 + 1))[:size]
    return head + key + (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)


class Connection:
    """One blocking WebSocket connection. What it has to send fits into the socket's buffer."""

    def __init__(self, url: str, *, timeout_s: float = 30.0) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(_HANDSHAKE.format(path=parts.path, host=parts.netloc).encode())
        head, end, self._rest = self._received_until_blank_line().partition(b"\r\n\r\n")
        if not (end and head.startswith(b"HTTP/1.1 101")):
            raise ConnectionLost(head.decode("latin-1"))
        # Python's own timeout polls before each call; the kernel's costs nothing.
        self._socket.settimeout(None)
        timeout = struct.pack("ll", int(timeout_s), int(timeout_s % 1 * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
        self.fileno = self._socket.fileno

    def send(self, frames: bytes) -> None:
        try:
            self._socket.sendall(frames)
        except OSError as error:
            raise ConnectionLost(str(error)) from error

    def receive(self) -> list[bytes]:
        """The payloads of the text frames that one read brings; waits for the read, not for a frame."""
        try:
            data = self._socket.recv(262144)
        except OSError as error:
            raise ConnectionLost(str(error)) from error
        if not data:
            raise ConnectionLost("The connection was cut.")
        return self._payloads(self._rest + data if self._rest else data)

    def close(self) -> None:
        self._socket.close()

    def _payloads(self, data: bytes) -> list[bytes]:
        payloads = []
        position, end = 0, len(data)
        while end - position >= 2:
            size, head = data[position + 1], 2
            if size == 126:
                size, head = int.from_bytes(data[position + 2 : position + 4]), 4
            elif size == 127:
                size, head = int.from_bytes(data[position + 2 : position + 10]), 10
            start = position + head
            if start + size > end:
                break
            if data[position] == TEXT:
                payloads.append(data[start : start + size])
            elif data[position] == PING:
                self.send(masked(data[start : start + size], PONG))
            elif data[position] == CLOSE:
                raise ConnectionLost(f"The server closed with {data[start : start + size]!r}.")
            position = start + size
        self._rest = data[position:]
        return payloads

    def _received_until_blank_line(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received and (data := self._socket.recv(65536)):
            received += data
        return received


def ask(url: str, model: str, input_data: Any, *, timeout_s: float = 60.0) -> Any:
    """One request on a connection of its own: the document that answers it."""
    connection = Connection(url, timeout_s=timeout_s)
    try:
        connection.send(request_frame(1, model, input_data))
        while not (payloads := connection.receive()):
            pass
        return orjson.loads(payloads[0])
    finally:
        connection.close()
