"""How a socket opens: the handshake is judged first (RFC 6455, section 4)."""

from __future__ import annotations

from tornado.websocket import WebSocketProtocol, WebSocketProtocol13

from tornado_ml.errors import BadFrame, MethodNotAllowed
from tornado_ml.protocol.messages import error_data
from tornado_ml.server.base import GuardedHandler
from tornado_ml.server.conformance import EndingHandler
from tornado_ml.server.lingering import LingeringProtocol


class UpgradeHandler(GuardedHandler, EndingHandler):
    """Becomes a socket, if the handshake is as it should be."""

    errors_to = "handshake"

    def admit(self) -> None:
        super().admit()
        if self.request.method != "GET":
            raise MethodNotAllowed
        headers = self.request.headers
        connection = [option.strip().lower() for option in headers.get("Connection", "").split(",")]
        is_upgrade = headers.get("Upgrade", "").lower() == "websocket" and "upgrade" in connection
        if not (is_upgrade and headers.get("Sec-WebSocket-Key")):
            raise BadFrame("This address speaks WebSocket (RFC 6455): open it with a WebSocket client.")
        if headers.get("Sec-WebSocket-Version") != "13":
            self.set_status(426)
            self.set_header("Upgrade", "websocket")
            self.set_header("Sec-WebSocket-Version", "13")
            self.set_header("Connection", "close, Upgrade")
            self.count_error(BadFrame.code)
            self.write_document(error_data(BadFrame("The version of WebSocket that is spoken here is 13 (RFC 6455).")))
            return
        self.admit_upgrade()

    def admit_upgrade(self) -> None:
        """Raises ServiceError if the socket is refused although the handshake is right."""

    def allowed_methods(self) -> list[str]:
        return ["GET"]

    def get_websocket_protocol(self) -> WebSocketProtocol | None:
        protocol = super().get_websocket_protocol()
        return LingeringProtocol(self, False, protocol.params) if isinstance(protocol, WebSocketProtocol13) else None

    def check_origin(self, origin: str) -> bool:
        """The guard has judged it in `prepare`; Tornado asks only for some requests."""
        return True

    def open(self, *args: str, **kwargs: str) -> None:
        # Two small frames per request would take 44 ms on loopback: Nagle waits for an acknowledgement that TCP delays.
        self.set_nodelay(True)
