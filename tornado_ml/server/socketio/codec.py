"""Packets of Socket.IO and the envelopes that they are here, without I/O.

    2["prediction_request",DATA]      {"event": "prediction_request", "id": "1", "data": DATA}
    212["prediction_request",DATA]    the same with the id "2:12", as it asks for an acknowledgement with number 12

A packet to the client has the letter of Engine.IO's messages in front. Source: revision 5 of Socket.IO's protocol
(github.com/socketio/socket.io-protocol), revision 4 of Engine.IO's (github.com/socketio/engine.io-protocol).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from tornado_ml.codecs.json import JSONCodec
from tornado_ml.errors import BadEnvelope, BadFrame, ServiceError, UnknownEvent
from tornado_ml.protocol import events
from tornado_ml.protocol.payloads import Document

SEPARATOR = "\x1e"
"""Between the packets of a frame; JSON text has no such character (RFC 8259, section 7)."""

_EVENT = re.compile(r"(?:2|(?P<binary>5(?:\d+-)?))(?:/,)?(?P<acknowledgement>\d{0,16})(?P<arguments>.*)", re.DOTALL)
_NOTHING = b"6"  # a packet that Engine.IO takes no notice of
_ORIGINAL_KEYS = ("type", "message", "model_qualified_name")
_REFUSED = "refused"


class SocketIOCodec(JSONCodec):
    """Reads and writes the packets of one session.

    Args:
        tell: called with each error, for the client is not told all of it.
    """

    subprotocol = "socket.io"

    def __init__(self, tell: Callable[[Document], None]) -> None:
        self._tell = tell
        self._numbers = itertools.count(1)

    def decode(self, frame: str | bytes) -> Any:
        """The envelope that an event is; one of which something is wrong has an id at least.

        Whoever asks for an acknowledgement gets one, be the request as it may. So `check_depth` says what is wrong: by
        then the id is known.
        """
        match = _EVENT.fullmatch(frame if isinstance(frame, str) else frame.decode())
        assert match is not None, "the session hands over nothing else"
        id = f"{next(self._numbers)}:{match['acknowledgement']}".removesuffix(":")
        try:
            if match["binary"]:
                raise BadFrame("Binary data is not taken here: send plain JSON.")
            return {"event": events.PREDICTION_REQUEST.name, "id": id, "data": self._payload(match["arguments"])}
        except ServiceError as refused:
            return {"id": id, _REFUSED: refused}

    def check_depth(self, frame: str | bytes, document: Any, max_depth: int) -> None:
        if _REFUSED in document:
            raise document[_REFUSED]
        super().check_depth(frame, document, max_depth)

    def encode(self, document: Any) -> bytes:
        """The packets that tell it: the event, and the acknowledgement if one was asked for."""
        event, id, data = document["event"], document.get("id"), document["data"]
        if event == events.PREDICTION_ERROR.name:
            self._tell(document)
            data = {key: data[key] for key in _ORIGINAL_KEYS if key in data}
        elif event != events.PREDICTION_RESPONSE.name:
            return _NOTHING
        payload = super().encode(data)
        packet = b'42["%s",%s]' % (event.encode(), payload)
        acknowledgement = "" if id is None else id.partition(":")[2]
        return b"%s\x1e43%s[%s]" % (packet, acknowledgement.encode(), payload) if acknowledgement else packet

    def _payload(self, text: str) -> Any:
        """What the client sent with the event."""
        arguments = super().decode(text)
        if not (isinstance(arguments, list) and arguments and isinstance(arguments[0], str)):
            raise BadFrame("This is no event of Socket.IO.")
        name, *payloads = arguments
        if name != events.PREDICTION_REQUEST.name:
            raise UnknownEvent(f"There is no event {name[:64]!r}. Clients of Socket.IO send: prediction_request.")
        if len(payloads) != 1:
            raise BadEnvelope(f"A prediction_request carries one document, and this one {len(payloads)}.")
        return payloads[0]
