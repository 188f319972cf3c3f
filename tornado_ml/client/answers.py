"""What a caller waits for: one answer, a stream of partial predictions before it, or what is pushed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from tornado_ml.client.errors import ConnectionLost, PredictionError
from tornado_ml.errors import Overloaded
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.payloads import Document

MAX_WAITING_VALUES = 10_000
"""How many pushed values may wait for whoever takes each of them."""


class Answer:
    """The answer to something that was asked."""

    def __init__(self) -> None:
        self._answer: Document | ConnectionLost | None = None
        self._changed = asyncio.Event()

    def tell(self, message: Document | ConnectionLost) -> None:
        """Take what answers it; the first answer counts."""
        if self._answer is None:
            self._answer = message
            self._changed.set()

    @property
    def meta(self) -> Document:
        """What the answer says beside its `data`; empty as long as there is none."""
        meta: Document = self._answer.get("meta", {}) if isinstance(self._answer, dict) else {}
        return meta

    async def wait(self) -> Document:
        """The `data` of the answer.

        Raises:
            PredictionError: the service answered with an error.
            ConnectionLost: there will be no answer.
        """
        while self._answer is None:
            await self._change()
        return data_of(self._answer)

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class PredictionStream(Answer):
    """A prediction that comes piece by piece: an iterator of the partial predictions, and then the `result`.

    Pieces that nobody has taken yet are kept.
    """

    def __init__(self) -> None:
        super().__init__()
        self._partials: deque[Any] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.cancel: Callable[[], None] = lambda: None
        """Ask for no more: the result is then PredictionError with CANCELLED, unless it was quicker."""

    def tell(self, message: Document | ConnectionLost) -> None:
        if isinstance(message, ConnectionLost) or message["event"] != events.PREDICTION_PARTIAL.name:
            super().tell(message)
            if self._timer is not None:
                self._timer.cancel()
            return
        self._partials.append(message["data"].get("prediction"))
        self._changed.set()

    def give_up_in(self, seconds: float, answer: Document) -> None:
        """Cancel it if nothing has answered it by then, and take `answer` for its answer."""

        def give_up() -> None:
            self.cancel()
            self.tell(answer)

        self._timer = asyncio.get_running_loop().call_later(seconds, give_up)

    async def __aiter__(self) -> AsyncIterator[Any]:
        """The partial predictions as they come. To leave early is to cancel.

        Raises:
            PredictionError: the service answered with an error.
            ConnectionLost: there will be no answer.
        """
        try:
            while self._answer is None or self._partials:
                while self._partials:
                    yield self._partials.popleft()
                if self._answer is None:
                    await self._change()
            data_of(self._answer)
        finally:
            if self._answer is None:
                self.cancel()

    async def result(self) -> Document:
        """The `data` of the `prediction_response`, when it is there. To cancel the task that waits is to cancel.

        Raises:
            PredictionError: the service answered with an error.
            ConnectionLost: there will be no answer.
        """
        try:
            return await self.wait()
        except asyncio.CancelledError:
            self.cancel()
            raise


class PushedValues(Answer):
    """What is pushed and not taken yet; the answer is why there is no more.

    Args:
        newest_only: whether a value replaces the one before it.
    """

    def __init__(self, *, newest_only: bool) -> None:
        super().__init__()
        self._values: deque[Document] = deque(maxlen=1 if newest_only else None)

    def tell(self, message: Document | ConnectionLost) -> None:
        if isinstance(message, ConnectionLost) or message["event"] == events.PREDICTION_ERROR.name:
            super().tell(message)
        elif len(self._values) == MAX_WAITING_VALUES:
            full = messages.error_data(Overloaded("The values were not taken in time."))
            super().tell(messages.server_message(events.PREDICTION_ERROR, full))
        elif self._answer is None:
            self._values.append(message["data"])
            self._changed.set()

    async def next(self) -> Document:
        """The `data` of the next one.

        Raises:
            PredictionError: the service refused or ended the subscription, or too many values were not taken.
            ConnectionLost: there is no connection any more.
        """
        while not self._values:
            if self._answer is not None:
                return data_of(self._answer)
            await self._change()
        return self._values.popleft()


def data_of(answer: Document | ConnectionLost) -> Document:
    """The `data` of a good answer. Raises PredictionError or ConnectionLost."""
    if isinstance(answer, ConnectionLost):
        raise ConnectionLost(*answer.args)
    data: Document = answer["data"]
    if answer["event"] == events.PREDICTION_ERROR.name:
        raise PredictionError(data)
    return data
