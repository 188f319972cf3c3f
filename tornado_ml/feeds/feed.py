"""One source at work: its inputs are predicted once, and each prediction goes to all its subscribers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from tornado_ml.errors import (
    InvalidInput,
    ModelNotFound,
    ModelNotReady,
    NotFound,
    Overloaded,
    ServiceError,
    ShuttingDown,
)
from tornado_ml.feeds.backoff import Backoff
from tornado_ml.feeds.bounded_log import BoundedLog
from tornado_ml.feeds.subscription import Subscriber, Subscription, Tally, Value
from tornado_ml.metrics import Sample, declarations
from tornado_ml.models.source import Source, full_name

log = logging.getLogger(__name__)

RAN_WELL_S = 30.0
"""A source that ran for so long before it failed is tried again as if it had never failed before."""


class Predictor(Protocol):
    """What predicts the inputs of one source while it runs."""

    async def predict(self, data: Any) -> Any:
        """The prediction.

        Raises:
            ServiceError: why there is none.
        """

    def close(self) -> None:
        """The source runs no more."""


class Feed:
    """The predictions of one source. It runs while anybody listens, or always if the source says so.

    Args:
        source: where the inputs come from.
        make_predictor: gives what predicts them, once for each time the feed runs.
    """

    def __init__(self, source: Source, make_predictor: Callable[[Source], Predictor]) -> None:
        self.source = source
        self.name = full_name(source)
        self.tally = Tally()
        self._make_predictor = make_predictor
        self._subscriptions: dict[Subscription, None] = {}
        self._runs_always = False
        self._latest: Value | None = None
        self._dropped_count = source.dropped_count
        self._failures = BoundedLog(log)
        self._complaints = BoundedLog(log)
        self._drops = BoundedLog(log)
        self.task: asyncio.Task[None] | None = None
        """What runs the source, until that is closed."""

    @property
    def subscriber_count(self) -> int:
        return len(self._subscriptions)

    def samples(self) -> Iterator[Sample]:
        """What it has given, and to how many."""
        labels = self.source.model_qualified_name, self.source.name
        yield declarations.SUBSCRIPTIONS, labels, self.subscriber_count
        yield declarations.FEED_VALUES, labels, self.tally.values
        yield declarations.FEED_DELIVERED, labels, self.tally.delivered
        yield declarations.FEED_DROPPED, (*labels, "input"), self.tally.dropped
        yield declarations.FEED_DROPPED, (*labels, "rate"), self.tally.thinned
        yield declarations.FEED_DROPPED, (*labels, "replaced"), self.tally.replaced

    def subscribe(self, subscriber: Subscriber, interval_s: float) -> Subscription:
        """Deliver all further values, and soon the latest that there is."""
        subscription = Subscription(self.name, subscriber, interval_s, self._left, self.tally)
        self._subscriptions[subscription] = None
        if self._latest is not None:
            subscription.begin_with(self._latest)
        self._start()
        return subscription

    def run_always(self) -> None:
        """From now on it runs also while nobody listens, if the source wants that."""
        self._runs_always = self.source.always
        self._start()

    def replace(self, source: Source) -> None:
        """Go on with another source, for the same subscribers."""
        self.source = source
        self._dropped_count = source.dropped_count
        self._runs_always = self._runs_always and source.always
        self._stop()

    def close(self, error: ServiceError) -> None:
        """End all subscriptions and stop; the task ends once the source is closed."""
        self._runs_always = False
        self._end(error)
        self._stop()

    def _left(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription, None)
        if not self._is_wanted:
            self._stop()

    @property
    def _is_wanted(self) -> bool:
        return bool(self._subscriptions) or self._runs_always

    def _start(self) -> None:
        if self.task is None and self._is_wanted:
            self.task = asyncio.get_running_loop().create_task(self._run(), name=f"feed {self.name}")
            self.task.add_done_callback(self._stopped)

    def _stop(self) -> None:
        self._latest = None
        if self.task is not None and not self.task.cancelling():
            self.task.cancel()

    def _stopped(self, task: asyncio.Task[None]) -> None:
        """The source is closed; somebody may have come meanwhile, and two at once would not do."""
        self._latest = None
        self.task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("The feed %s has failed.", self.name, exc_info=error)
        self._start()

    def _end(self, error: ServiceError) -> None:
        """End all subscriptions."""
        subscriptions, self._subscriptions = self._subscriptions, {}
        self._latest = None
        for subscription in subscriptions:
            subscription.end(error)

    async def _run(self) -> None:
        """Run the source until it ends, or nobody wants it any more; start it anew when it fails."""
        backoff = Backoff()
        now = asyncio.get_running_loop().time
        predictor = self._make_predictor(self.source)
        try:
            while True:
                started = now()
                failure = await self._exhaust(predictor)
                if _is_stopping():
                    return
                if failure is None or isinstance(failure, _Over):
                    self._runs_always = False
                    error = NotFound(f"The source {self.source.name} has come to its end.")
                    self._end(error if failure is None else failure.error)
                    return
                text = "Source %s has failed, and is started anew: %s"
                self._failures.write(logging.ERROR, text, self.name, type(failure).__name__, cause=failure)
                if now() - started >= RAN_WELL_S:
                    backoff.reset()
                await asyncio.sleep(backoff.next_s())
        finally:
            predictor.close()

    async def _exhaust(self, predictor: Predictor) -> BaseException | None:
        """Predict all inputs of the source. Gives why that ended, None where the source has come to its end."""
        try:
            async with _closing(self.source.inputs()) as inputs:
                async for data in inputs:
                    if _is_stopping():  # a source that keeps its cancellation to itself
                        return None
                    value = await self._predicted(predictor, data)
                    if value is not None:
                        self._give(value)
                    self._tell_of_dropped()
                    await asyncio.sleep(0)  # neither the source nor a refused input need have let others run
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a source may call sys.exit, or await what others have cancelled
            if _is_stopping() and not isinstance(error, asyncio.CancelledError):
                log.error("Source %s has failed while it was closed.", self.name, exc_info=error)
            return error
        return None

    async def _predicted(self, predictor: Predictor, data: Any) -> Value | None:
        """The prediction of one input, which waits for a model that will be ready; None if there is none.

        Raises:
            _Over: there will be none, nor of any other input.
        """
        backoff = Backoff()
        while True:
            try:
                return Value(await predictor.predict(data))
            except ServiceError as error:
                if _ends_all(error):
                    if not self._runs_always:
                        raise _Over(error) from error
                    self._end(error)
                elif not isinstance(error, ModelNotReady | Overloaded):
                    self._complain(error)
                    return None
                await asyncio.sleep((error.retry_after_s or 0) + backoff.next_s())

    def _give(self, value: Value) -> None:
        self._latest = value
        self.tally.values += 1
        for subscription in list(self._subscriptions):
            subscription.offer(value)

    def _complain(self, error: ServiceError) -> None:
        """Log why an input is passed over; what it was stays out of the log."""
        text = "An input of source %s is passed over: %s"
        told = error.code
        if isinstance(error, InvalidInput):
            told += f" at {', '.join(fault.path or 'the whole' for fault in error.details) or 'the whole'}"
        if error.request_id is not None:
            told += f", request {error.request_id}"
        self._complaints.write(logging.WARNING, text, self.name, told)

    def _tell_of_dropped(self) -> None:
        count = self.source.dropped_count
        if count > self._dropped_count:
            self.tally.dropped += count - self._dropped_count
            self._dropped_count = count
            text = "Source %s is faster than its model: %d inputs have been dropped so far."
            self._drops.write(logging.WARNING, text, self.name, count)


class _Over(Exception):
    """The model will predict nothing more. Attributes: `error`, what subscribers are told."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(str(error))
        self.error = error


def _ends_all(error: ServiceError) -> bool:
    """Whether no further input will be predicted either."""
    return isinstance(error, ModelNotFound | NotFound | ShuttingDown) or (
        isinstance(error, ModelNotReady) and error.retryable is False
    )


def _is_stopping() -> bool:
    """Whether the task that runs has been cancelled, be it that the source has caught that."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@asynccontextmanager
async def _closing(inputs: AsyncIterator[Any]) -> AsyncIterator[AsyncIterator[Any]]:
    """Closes an iterator that can be closed, as generators can."""
    try:
        yield inputs
    finally:
        close = getattr(inputs, "aclose", None)
        if close is not None:
            await close()
