"""Keeps conversations whose connection dropped, for a while, and gives them back to whoever knows their token.

One that is still connected is known here too: a connection that presents its token takes it over.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

TOKEN_BYTES = 24


class Guest(Protocol):
    """A conversation, as far as it is known here."""

    def close(self) -> None:
        """Nobody has come back: end it."""


class Timer(Protocol):
    def cancel(self) -> None: ...


G = TypeVar("G", bound=Guest)


class WaitingRoom(Generic[G]):
    """The conversations that can be resumed.

    Args:
        grace_s: how long one is kept without a connection.
        max_waiting: how many are kept so at once; the one longest away goes first.
        call_later: calls a function after so many seconds, as an event loop does.
    """

    def __init__(
        self, grace_s: float, max_waiting: int, call_later: Callable[[float, Callable[[], None]], Timer]
    ) -> None:
        self._grace_s = grace_s
        self._max_waiting = max_waiting
        self._call_later = call_later
        self._guests: dict[str, G] = {}
        self._tokens: dict[G, str] = {}
        self._waiting: dict[G, Timer] = {}

    def __len__(self) -> int:
        """How many are without a connection."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[G]:
        """Those that are without a connection."""
        return iter(list(self._waiting))

    def enrol(self, guest: G) -> str:
        """The token, a secret, with which a conversation can be resumed from now on."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._guests[token] = guest
        self._tokens[guest] = token
        return token

    def find(self, token: str) -> G | None:
        """The conversation that a token is for."""
        return self._guests.get(token)

    def keeps(self, guest: G) -> bool:
        """Whether a conversation, which has lost its connection, waits for another one from now on."""
        if guest not in self._tokens or self._grace_s == 0:
            return False
        if len(self._waiting) >= self._max_waiting:
            next(iter(self._waiting)).close()
        self._waiting[guest] = self._call_later(self._grace_s, guest.close)
        return True

    def is_back(self, guest: G) -> None:
        """It has a connection again."""
        timer = self._waiting.pop(guest, None)
        if timer is not None:
            timer.cancel()

    def forget(self, guest: G) -> None:
        """It has ended."""
        self.is_back(guest)
        token = self._tokens.pop(guest, None)
        if token is not None:
            del self._guests[token]

    def close(self) -> None:
        """End those that wait."""
        for guest in list(self._waiting):
            guest.close()
