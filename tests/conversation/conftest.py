"""A backend whose answers the tests give themselves, when they want."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml.access import ANYONE, Caller
from tornado_ml.access.allowance import Accounts
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.connection import Connection
from tornado_ml.conversation.conversation import Backend, Conversation, Limits
from tornado_ml.conversation.waiting_room import WaitingRoom
from tornado_ml.errors import ModelNotFound, NotFound, ServiceError
from tornado_ml.feeds import Value
from tornado_ml.feeds.subscription import Tally
from tornado_ml.inference.service import Partial, Prediction
from tornado_ml.metrics.metrics import Metrics
from tornado_ml.settings import HolderLimits, RateLimits

WINDOW = 4
CODEC = JSONCodec()
CALLER = Caller(ANYONE, "127.0.0.1")

LIMITS = Limits(
    max_message_bytes=65536,
    max_json_depth=8,
    max_open_requests=8,
    max_sessions=2,
    max_subscriptions=3,
    outbox_bytes=100_000,
    buffer_bytes=1000,
    grace_s=30,
    resume_bytes=100_000,
)


def prediction(value: Any, model: str = "m") -> Prediction:
    return Prediction(model, "1.0", value, 0.0, 0.0, 0.0, 1)


class FakeTicket:
    """A request that waits until the test answers it."""

    def __init__(self, service: FakeService, request: Any, on_answer: Any, on_partial: Any) -> None:
        self.id = "q1"
        self.request = request
        self.credit = WINDOW if on_partial is not None else 0
        self._service = service
        self._on_answer = on_answer
        self._on_partial = on_partial
        self._index = itertools.count()

    def emit(self) -> None:
        assert self.credit > 0
        self.credit -= 1
        index = next(self._index)
        self._on_partial(Partial(self.request.model_qualified_name, index, index))

    def partial_taken(self) -> None:
        self.credit += 1

    def answer(self, answer: Prediction | ServiceError | None = None) -> None:
        self._service.open.remove(self)
        self._on_answer(answer or prediction("done", self.request.model_qualified_name))

    def drop(self, dropped_as: type[Any]) -> None:
        self.answer(dropped_as())

    def forget(self) -> None:
        self._service.open.remove(self)


class FakeSession:
    """A session that waits until the test opens and ends it."""

    def __init__(self, service: FakeService, name: str, on_opened: Any, on_closed: Any) -> None:
        self.id = f"s{next(service.numbers)}"
        self.model_qualified_name = name
        self.on_opened = on_opened
        self.on_closed = on_closed
        self.is_closing = False
        self._service = service

    def open(self, error: ServiceError | None = None) -> None:
        self._service.opening.remove(self)
        if error is None:
            self._service.sessions.append(self)
        self.on_opened(error)

    def end(self, reason: str) -> None:
        self._service.sessions.remove(self)
        self.on_closed(reason)

    def close(self) -> None:
        self.is_closing = True

    def forget(self) -> None:
        for where in (self._service.opening, self._service.sessions):
            if self in where:
                where.remove(self)


class FakeService:
    def __init__(self) -> None:
        self.is_draining = False
        self.open: list[FakeTicket] = []
        self.opening: list[FakeSession] = []
        self.sessions: list[FakeSession] = []
        self.numbers = itertools.count(1)

    def submit(self, request: Any, client: Any, on_answer: Any, on_partial: Any = None) -> FakeTicket:
        ticket = FakeTicket(self, request, on_answer, on_partial)
        self.open.append(ticket)
        return ticket

    def open_session(
        self, name: str, parameters: Any, client: Any, *, model_version: Any, on_opened: Any, on_closed: Any
    ) -> FakeSession:
        session = FakeSession(self, name, on_opened, on_closed)
        self.opening.append(session)
        return session


class FakeSubscription:
    def __init__(self, feeds: FakeFeeds, name: str, subscriber: Any) -> None:
        self.name = name
        self.subscriber = subscriber
        self.tally = Tally()
        self._feeds = feeds

    def close(self) -> None:
        if self in self._feeds.subscriptions:
            self._feeds.subscriptions.remove(self)


class FakeFeeds:
    def __init__(self) -> None:
        self.subscriptions: list[FakeSubscription] = []
        self.latest: dict[str, Value] = {}
        self.soon: list[Callable[[], None]] = []

    def subscribe(self, model: str, source: str, subscriber: Any, *, max_rate_hz: Any = None) -> FakeSubscription:
        if source == "none":
            raise NotFound
        subscription = FakeSubscription(self, f"{model}/{source}", subscriber)
        self.subscriptions.append(subscription)
        if subscription.name in self.latest:
            self.soon.append(lambda: subscriber.deliver(self.latest[subscription.name]))
        return subscription

    def settle(self) -> None:
        """Let happen what is to happen soon."""
        soon, self.soon = self.soon, []
        for deliver in soon:
            deliver()

    def publish(self, name: str, value: Any) -> None:
        made = self.latest[name] = Value(prediction(value))
        for subscription in list(self.subscriptions):
            if subscription.name == name:
                subscription.subscriber.deliver(made)


class FakeManager:
    def versions(self, name: str) -> list[Any]:
        if name != "m":
            raise ModelNotFound
        return []


class Clock:
    """What is to happen later, when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(self, callback)
        self.timers.append(timer)
        return timer

    def elapse(self) -> None:
        for timer in list(self.timers):
            if timer in self.timers:
                self.timers.remove(timer)
                timer.callback()


class Timer:
    def __init__(self, clock: Clock, callback: Callable[[], None]) -> None:
        self.callback = callback
        self._clock = clock

    def cancel(self) -> None:
        if self in self._clock.timers:
            self._clock.timers.remove(self)


class World:
    """A backend, and the hands on it."""

    def __init__(self, limits: Limits = LIMITS, per_connection: RateLimits | None = None) -> None:
        self.service: Any = FakeService()
        self.feeds: Any = FakeFeeds()
        self.clock = Clock()
        self.room: WaitingRoom[Conversation] = WaitingRoom(limits.grace_s, 10, self.clock.call_later)
        manager: Any = FakeManager()
        # Enough for everything, so that it shows whether what was counted is counted back.
        per_address = HolderLimits(open_requests=10_000, sessions=10_000, subscriptions=10_000)
        self.accounts = Accounts(
            per_connection or RateLimits(), HolderLimits(), per_address, Metrics(), lambda: self.clock.now
        )
        self.backend = Backend(self.service, self.feeds, manager, self.room, self.accounts, limits)

    def is_empty(self) -> bool:
        """Whether nothing is left behind."""
        left = (self.service.open, self.service.opening, self.service.sessions, self.feeds.subscriptions)
        held = self.accounts.allowance(CALLER).held()
        return not any(left) and not len(self.room) and not self.clock.timers and not any(held.values())


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def make_world() -> Callable[..., World]:
    return World


class Talker:
    """A client that sends documents and reads all that comes."""

    def __init__(self, world: World) -> None:
        self.ended: list[tuple[int, str]] = []
        self.connection = Connection(
            world.backend,
            CODEC,
            caller=CALLER,
            wake=lambda: None,
            end=lambda close, why: self.ended.append((close.code, why)),
        )

    def send(self, event: str, data: Any = None, id: Any = None, **meta: Any) -> None:
        document = {"event": event, "data": {} if data is None else data}
        document |= ({} if id is None else {"id": id}) | ({"meta": meta} if meta else {})
        self.connection.receive(json.dumps(document))

    def read(self) -> list[dict[str, Any]]:
        frames = []
        while (frame := self.connection.take()) is not None:
            frames.append(json.loads(frame))
        return frames

    def ask(self, event: str, data: Any = None, id: Any = None, **meta: Any) -> dict[str, Any]:
        """The one frame that answers at once."""
        self.send(event, data, id, **meta)
        (frame,) = self.read()
        return frame

    def code(self, event: str, data: Any = None, id: Any = None, **meta: Any) -> str:
        frame = self.ask(event, data, id, **meta)
        assert frame["event"] == "prediction_error", frame
        return str(frame["data"]["code"])


@pytest.fixture
def talker(world: World) -> Talker:
    return Talker(world)


@pytest.fixture
def make_talker() -> Callable[[World], Talker]:
    return Talker
