"""What a client raises."""

from __future__ import annotations

from tornado_ml.protocol.payloads import Document


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
    """There is no connection, or it was lost and the answer with it: what was asked may have run."""


class LoginFailed(ConnectionLost):
    """The service asks for a token, and there was none, or one that it does not know."""


class SessionClosed(Exception):
    """The session has ended.

    Attributes:
        reason: as `session_closed` has it, or `connection_lost`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"The session has ended: {reason}.")
        self.reason = reason
