"""Sources: named streams of inputs, each for one model. What runs them is `feeds`."""

from __future__ import annotations

import asyncio
import inspect
import re
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from tornado_ml.errors import PluginError
from tornado_ml.models.base import QUALIFIED_NAME_PATTERN

MAX_WAITING = 64
"""How many published inputs may wait for a model, unless a source says otherwise."""


class Source(ABC):
    """A named stream of inputs: a sensor, a file, a queue. Its predictions are pushed to whoever subscribes to it.

    It runs in the service's event loop, so it awaits and never blocks: what blocks goes into `asyncio.to_thread`, or
    into a thread of its own that feeds a `PushSource`.
    """

    name: str
    """What clients subscribe to: 1 to 128 letters, digits, `_`, `.` and `-`, the first a letter, a digit or `_`."""
    description: str
    model_qualified_name: str
    """The model that its inputs are for."""
    session_parameters: Any = None
    """If they are not None, its inputs go to a session of the model that is opened with these parameters."""
    always: bool = False
    """Whether it runs also while nobody listens."""
    dropped_count: int = 0
    """How many inputs it has had to drop so far; the log tells when there are more."""

    @abstractmethod
    def inputs(self) -> AsyncIterator[Any]:
        """The inputs, one after the other: an async generator (`async def` with `yield`).

        It is started when the first subscriber comes, and closed when the last one leaves: a `finally` in it runs. The
        next input is asked for when the prediction of the last one is there. One that raises is started anew, after a
        while; one that comes to its end ends its subscriptions, and is started anew for the next subscriber.
        """


def full_name(source: Source) -> str:
    """What tells a source from all others: its model's name and its own."""
    return joint_name(source.model_qualified_name, source.name)


def joint_name(model_qualified_name: str, source_name: str) -> str:
    """The `full_name` of the source of these names."""
    return f"{model_qualified_name}/{source_name}"


def check_source(value: object) -> Source:
    """What a plugin brings as a source.

    Raises:
        PluginError: it is none, or cannot be served as it is declared.
    """
    if isinstance(value, type) and issubclass(value, Source):
        raise PluginError(f"register_sources returned the class {value.__qualname__}; it must return sources: call it.")
    if not isinstance(value, Source):
        raise PluginError(f"register_sources returned {value!r:.120}; it must return instances of tornado_ml.Source.")
    shown = f"The source {type(value).__qualname__}"
    for attribute in ("name", "model_qualified_name"):
        name = getattr(value, attribute, None)
        if not isinstance(name, str) or re.fullmatch(QUALIFIED_NAME_PATTERN, name) is None:
            raise PluginError(
                f"{shown} has the {attribute} {name!r:.120}; it takes 1 to 128 letters, digits, '_', '.' and '-', and"
                " starts with a letter, a digit or '_'."
            )
    if not isinstance(getattr(value, "description", None), str):
        raise PluginError(f"{shown} has no description.")
    if inspect.iscoroutinefunction(value.inputs):
        raise PluginError(f"{shown} has inputs() that return once; write an async generator: async def with yield.")
    return value


class PushSource(Source):
    """A source that is pushed: another thread, or a callback, publishes inputs as they come.

    Args:
        name: what clients subscribe to.
        description: for people.
        model_qualified_name: the model that its inputs are for.
        session_parameters: if they are not None, the model's session is opened with them.
        always: whether inputs are predicted also while nobody listens.
        max_waiting: how many inputs may wait for the model; the oldest make room for newer ones.
    """

    def __init__(
        self,
        name: str,
        description: str,
        model_qualified_name: str,
        session_parameters: Any = None,
        always: bool = False,
        *,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        if max_waiting < 1:
            raise ValueError("max_waiting must be at least 1.")
        self.name = name
        self.description = description
        self.model_qualified_name = model_qualified_name
        self.session_parameters = session_parameters
        self.always = always
        self._max_waiting = max_waiting
        self._lock = threading.Lock()
        self._readers: list[_Reader] = []

    def publish(self, data: Any) -> None:
        """Hand over an input, from any thread. Dropped while nobody listens; do not change it afterwards."""
        with self._lock:
            for reader in self._readers:
                if len(reader.waiting) == self._max_waiting:
                    reader.waiting.popleft()
                    self.dropped_count += 1
                reader.waiting.append(data)
                reader.wake()

    async def inputs(self) -> AsyncIterator[Any]:
        reader = _Reader(asyncio.get_running_loop())
        with self._lock:
            self._readers.append(reader)
        try:
            while True:
                await reader.arrived.wait()
                reader.arrived.clear()
                while reader.waiting:
                    with self._lock:
                        data = reader.waiting.popleft()
                    yield data
        finally:
            with self._lock:
                self._readers.remove(reader)


class _Reader:
    """One iteration over what is published."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.waiting: deque[Any] = deque()
        self.arrived = asyncio.Event()

    def wake(self) -> None:
        # The first of those that wait wakes the reader; a call for each that follows would only pile up in the loop.
        if len(self.waiting) == 1:
            with suppress(RuntimeError):  # the loop is closed, and the reader with it
                self._loop.call_soon_threadsafe(self.arrived.set)
