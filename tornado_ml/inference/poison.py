"""Inputs that kill workers, remembered for a while so that they are not tried again and again."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

REMEMBERED_S = 60.0
MAX_REMEMBERED = 1024


class PoisonList:
    """Which inputs have killed workers. Times are seconds on any one clock."""

    def __init__(self) -> None:
        self._suspected: dict[bytes, float] = {}
        self._refused: dict[bytes, float] = {}

    def holds(self, data: Any, now: float) -> bool:
        """Whether an input is refused."""
        if not self._refused:
            return False
        _forget_old(self._refused, now)
        return bool(self._refused) and _digest(data) in self._refused

    def blame(self, data: Any, now: float, *, again: bool) -> None:
        """An input that ran alone has killed a worker; `again` if it did so at the second attempt."""
        digest = _digest(data)
        _forget_old(self._suspected, now)
        if again or digest in self._suspected:
            _remember(self._refused, digest, now)
        else:
            _remember(self._suspected, digest, now)


def _digest(data: Any) -> bytes:
    try:
        text = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # deeper than orjson encodes, or with byte strings
        text = repr(data).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=16).digest()


def _remember(digests: dict[bytes, float], digest: bytes, now: float) -> None:
    digests.pop(digest, None)
    digests[digest] = now
    if len(digests) > MAX_REMEMBERED:
        del digests[next(iter(digests))]


def _forget_old(digests: dict[bytes, float], now: float) -> None:
    """Dictionaries keep their order, so the oldest stand first."""
    while digests and now - digests[next(iter(digests))] > REMEMBERED_S:
        del digests[next(iter(digests))]
