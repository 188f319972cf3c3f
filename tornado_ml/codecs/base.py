"""What a codec is: a subprotocol of the socket, and how its frames become documents and documents frames."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from tornado_ml.errors import BadFrame

_CONTAINERS = (dict, list)


class Codec(ABC):
    """A way to write documents: dict with keys of str, list, str, int of 64 bits, finite float, bool, None, and bytes.

    A codec whose format has no byte strings writes bytes as base64 text. One instance serves every connection, so it
    keeps nothing between two calls.
    """

    subprotocol: str
    """What a client offers in `Sec-WebSocket-Protocol` to get it."""
    is_binary: bool
    """Whether its frames are binary messages of the WebSocket; else they are text, UTF-8."""
    gives_json: bool = False
    """Whether its documents are what a JSON parser gives, without byte strings; then they are judged sooner."""

    @abstractmethod
    def decode(self, frame: str | bytes) -> Any:
        """The document that `frame` is, however deep: str for a codec of text, bytes for a binary one.

        Raises:
            BadFrame: it is none, or holds what a document has not, such as NaN. Any other exception counts as that too.
        """

    @abstractmethod
    def encode(self, document: Any) -> bytes:
        """The frame of a document; the caller has made sure that it is one."""

    def parse(self, frame: str | bytes) -> Any:
        """The document that a message of the WebSocket is.

        Raises:
            BadFrame: it is none, or it is text where this codec is binary, or the other way round.
        """
        if isinstance(frame, str) is self.is_binary:
            sent, wanted = ("text", "binary") if self.is_binary else ("binary", "text")
            raise BadFrame(f"This is a {sent} frame; on this subprotocol frames are {wanted}.")
        try:
            return self.decode(frame)
        except BadFrame:
            raise
        except Exception as error:
            raise BadFrame(f"This is no frame of {self.subprotocol}: {error}.") from error

    def check_depth(self, frame: str | bytes, document: Any, max_depth: int) -> None:
        """Raises BadFrame if `document`, which `frame` was parsed to, is nested deeper than `max_depth`."""
        # What is nested is at least as long as it is deep.
        if len(frame) > max_depth and _depth_exceeds(document, max_depth):
            raise BadFrame(f"This is nested deeper than {max_depth} levels.")

    def with_seq(self, frame: bytes, seq: int) -> bytes:
        """The envelope `frame`, which this codec encoded, with `seq` put in front of its keys."""
        return self.encode({"seq": seq, **self.decode(frame if self.is_binary else frame.decode())})


def _depth_exceeds(document: Any, limit: int) -> bool:
    level = [document] if isinstance(document, _CONTAINERS) else []
    for _ in range(limit):
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, _CONTAINERS)
        ]
        if not level:
            return False
    return bool(level)
