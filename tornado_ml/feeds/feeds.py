"""All sources of a service, and who listens to them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator

from tornado_ml.errors import NotFound, ShuttingDown
from tornado_ml.feeds.feed import Feed, Predictor
from tornado_ml.feeds.subscription import Subscriber, Subscription
from tornado_ml.metrics import Sample
from tornado_ml.models.source import Source

log = logging.getLogger(__name__)

CLOSE_S = 5.0
"""How long sources may take to close."""

Key = tuple[str, str]
"""Names of the model and the source."""


class Feeds:
    """The feeds of one service. There is one, and all connections are given it.

    Args:
        make_predictor: gives what predicts the inputs of a source, once for each time that it runs.
    """

    def __init__(self, make_predictor: Callable[[Source], Predictor]) -> None:
        self._make_predictor = make_predictor
        self._feeds: dict[Key, Feed] = {}
        self._plugins: dict[Key, str] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self._has_started = False
        self._is_closed = False

    @property
    def running_count(self) -> int:
        """How many sources run, those that are being closed included."""
        return sum(feed.task is not None for feed in self._feeds.values()) + len(self._stopping)

    @property
    def subscriber_count(self) -> int:
        return sum(feed.subscriber_count for feed in self._feeds.values())

    def samples(self) -> Iterator[Sample]:
        """What each of them has given, and to how many."""
        for feed in self._feeds.values():
            yield from feed.samples()

    def set_sources(self, plugin: str, sources: Iterable[Source]) -> None:
        """What a plugin brings now. Subscribers of a source that it brings again stay; the others are told.

        Args:
            plugin: its key.
            sources: no two of one name for one model, whoever brings them.
        """
        brought = {(source.model_qualified_name, source.name): source for source in sources}
        for key in [key for key, owner in self._plugins.items() if owner == plugin and key not in brought]:
            self._remove(key)
        for key, source in brought.items():
            feed = self._feeds.get(key)
            if feed is None:
                feed = self._feeds[key] = Feed(source, self._make_predictor)
            elif feed.source is not source:
                feed.replace(source)
            self._plugins[key] = plugin
            if self._has_started:
                feed.run_always()

    def remove_sources(self, plugin: str) -> None:
        """A plugin is gone, or has failed."""
        self.set_sources(plugin, [])

    def sources_of(self, model_qualified_name: str) -> list[Source]:
        """The sources of one model, by name."""
        return [self._feeds[key].source for key in sorted(self._feeds) if key[0] == model_qualified_name]

    def subscribe(
        self,
        model_qualified_name: str,
        source: str,
        subscriber: Subscriber,
        *,
        max_rate_hz: float | None = None,
    ) -> Subscription:
        """Have the predictions of a source delivered, the latest one soon.

        Args:
            model_qualified_name: the model.
            source: the name of the source.
            subscriber: who is given the values.
            max_rate_hz: how many values a second it wants at most: each the newest at its time. None for all.

        Raises:
            NotFound: there is no such source.
            ShuttingDown: there will be no more values.
        """
        if self._is_closed:
            raise ShuttingDown
        feed = self._feeds.get((model_qualified_name, source))
        if feed is None:
            raise NotFound("The model has no such source.")
        return feed.subscribe(subscriber, 0 if max_rate_hz is None else 1 / max_rate_hz)

    def start(self) -> None:
        """From now on sources run that always run."""
        self._has_started = True
        for feed in self._feeds.values():
            feed.run_always()

    async def close(self) -> None:
        """End all subscriptions because the service stops; returns when the sources are closed."""
        self._is_closed = True
        self._has_started = False
        for feed in self._feeds.values():
            feed.close(ShuttingDown())
        tasks = {feed.task for feed in self._feeds.values() if feed.task is not None} | self._stopping
        if tasks:
            _, slow = await asyncio.wait(tasks, timeout=CLOSE_S)
            for task in slow:
                log.error("The %s does not come to its end.", task.get_name())

    def _remove(self, key: Key) -> None:
        feed = self._feeds.pop(key)
        del self._plugins[key]
        feed.close(NotFound(f"The source {feed.source.name} is gone."))
        if feed.task is not None:
            self._stopping.add(feed.task)
            feed.task.add_done_callback(self._stopping.discard)
