"""What a plugin implements to look on at predictions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tornado_ml.errors import PluginError

OK = "OK"
"""The code of a request that was answered with a prediction."""


@dataclass(slots=True)
class Record:
    """A request that is over, or was refused. Durations are seconds.

    The documents are those of the request itself, not copies: they must not be changed. A model that runs in a thread
    or in the event loop and changes its input in place changes it here, too.
    """

    request_id: str
    """What the log names it by."""
    time: float
    """When it came, in seconds since 1970."""
    model_qualified_name: str
    model_version: str | None
    """`1.2`; None where no model was found that could be asked."""
    input: Any
    """As the client sent it."""
    prediction: Any
    """As the client got it; None if it got an error."""
    code: str
    """`OK`, or the code of the error."""
    queue_s: float | None
    predict_s: float | None
    """None if there is no prediction, as `queue_s` and `batch_size`."""
    total_s: float
    batch_size: int | None
    is_stream: bool = False
    """Whether partial predictions came before the answer."""
    in_session: bool = False
    """Whether the answer may depend on what was asked before."""


class Observer(ABC):
    """Looks on at all predictions of the service.

    It is called in a thread of its own, with one batch after the other, and nobody waits for it. One that takes too
    long loses records: how many is in the log, and in the metric tornado_ml_observations_dropped_total. One that raises
    may lose those that it was called with: the log says why, and how many.
    """

    @property
    def name(self) -> str:
        """What the log and the metric call it."""
        return type(self).__qualname__

    @abstractmethod
    def observe(self, records: Sequence[Record]) -> None:
        """Take note of what has happened since the last call, in the order in which it came to its end."""

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """There will be no more: the service stops, or the plugin has changed. Called in the same thread."""


def check_observers(observers: Iterable[object]) -> list[Observer]:
    """What a plugin's `register_observers` returned.

    Raises:
        PluginError: one is no observer.
    """
    found = []
    for one in observers:
        if not isinstance(one, Observer):
            raise PluginError(
                f"register_observers returned {one!r:.120}; it must return instances of tornado_ml.Observer."
            )
        if not isinstance(one.name, str):
            raise PluginError(f"The observer {one!r:.120} has the name {one.name!r:.120}; a name is a string.")
        found.append(one)
    return found
