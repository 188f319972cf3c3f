"""How a model that takes long learns that nobody waits for it any more."""

from __future__ import annotations

import threading
from collections.abc import Callable

_local = threading.local()


def cancelled() -> bool:
    """Whether everybody has given up waiting for what this thread is predicting; a model may then return early.

    Whatever it returns is dropped. Outside of a prediction it is False.
    """
    check: Callable[[], bool] | None = getattr(_local, "check", None)
    return check is not None and check()


def watch(check: Callable[[], bool] | None) -> None:
    """Set what `cancelled` asks in this thread."""
    _local.check = check
