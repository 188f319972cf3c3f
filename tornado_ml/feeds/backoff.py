"""How long to wait before something that failed is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 0.5
MOST_S = 30.0


class Backoff:
    """Growing waits, each by chance between nothing and its limit, so that what failed together is not tried together.

    The limit is `FIRST_S`, and doubles up to `MOST_S`.

    Args:
        chance: gives numbers from 0 to 1.

    Source: "full jitter" of Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog (2015).
    """

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._limit_s = FIRST_S

    def next_s(self) -> float:
        """How long to wait now."""
        limit_s, self._limit_s = self._limit_s, min(2 * self._limit_s, MOST_S)
        return limit_s * self._chance()

    def reset(self) -> None:
        """It has gone well."""
        self._limit_s = FIRST_S
