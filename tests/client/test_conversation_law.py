"""Whatever is cut, and whenever: each request runs at most once, and is answered exactly once."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tornado_ml.client.conversation import ClientConversation
from tornado_ml.client.errors import ConnectionLost
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.protocol import events

MAX_OPEN = 3


class Service:
    """What the protocol says of one, over a network that loses whatever is under way when it is cut."""

    def __init__(self, epoch: int) -> None:
        self.epoch = str(epoch)
        self.running: list[Any] = []
        self.received = 0
        self.said: list[dict[str, Any]] = []

    def hear(self, message: dict[str, Any]) -> None:
        self.received += 1
        if message["event"] == "prediction_request":
            self.running.append(message["id"])
            assert len(self.running) <= MAX_OPEN
        elif message["id"] in self.running:
            self.answer(message["id"], "prediction_error")

    def answer(self, id: int, event: str) -> None:
        if event != "prediction_partial":
            self.running.remove(id)
        self.said.append({"event": event, "id": id, "data": {}, "seq": len(self.said) + 1})


class Conversations(RuleBasedStateMachine):
    """The client under test, the service, and the frames under way between them."""

    def __init__(self) -> None:
        super().__init__()
        self.client = ClientConversation(JSONCodec())
        self.service = Service(0)
        self.is_connected = False
        self.to_service: list[bytes] = []
        self.said_count = 0
        self.exchanges: list[Any] = []
        self.finals: Counter[int] = Counter()
        self.ran: Counter[int] = Counter()
        self.lost: set[int] = set()

    def told(self, number: int, answer: dict[str, Any] | ConnectionLost) -> None:
        if isinstance(answer, ConnectionLost):
            self.lost.add(number)
        if isinstance(answer, ConnectionLost) or answer["event"] != "prediction_partial":
            self.finals[number] += 1

    @rule(count=st.integers(1, MAX_OPEN))
    def ask(self, count: int) -> None:
        for _ in range(count):
            tell = partial(self.told, len(self.exchanges))
            self.exchanges.append(self.client.ask(events.PREDICTION_REQUEST, {"input_data": 1}, {}, tell))

    @rule(age=st.integers(1, 2 * MAX_OPEN))
    def cancel(self, age: int) -> None:
        if age <= len(self.exchanges):
            self.client.cancel(self.exchanges[-age])

    @initialize()
    def begin(self) -> None:
        self.connect(forgets=False)

    @rule(forgets=st.sampled_from([False, False, False, True]))
    def connect(self, forgets: bool) -> None:
        """As a program does: cut what is left of the last connection, then say hello."""
        self.cut()
        if forgets:
            self.service = Service(int(self.service.epoch) + 1)
        hello = json.loads(self.client.hello())["data"]
        resumed = hello.get("epoch") == self.service.epoch
        data = {"session_token": "t", "epoch": self.service.epoch, "resumed": resumed}
        limits = {"max_open_requests": MAX_OPEN}
        self.client.welcome(
            json.dumps({"event": "welcome", "data": {**data, "received": self.service.received, "limits": limits}})
        )
        self.said_count = hello["last_seq"] if resumed else 0
        self.is_connected = True

    @rule()
    def cut(self) -> None:
        self.client.disconnected()
        self.is_connected = False
        self.to_service.clear()

    @precondition(lambda self: self.is_connected)
    @rule(count=st.integers(1, 5))
    def send(self, count: int) -> None:
        for _ in range(count):
            if (frame := self.client.take()) is not None:
                self.to_service.append(frame)

    @precondition(lambda self: self.to_service)
    @rule(count=st.integers(1, 5))
    def serve(self, count: int) -> None:
        """Frames arrive at the service."""
        for frame in self.to_service[:count]:
            message = json.loads(frame)
            if message["event"] == "prediction_request":
                self.ran[message["id"]] += 1
            self.service.hear(message)
        del self.to_service[:count]

    @precondition(lambda self: self.service.running)
    @rule(which=st.integers(0, MAX_OPEN), event=st.sampled_from(["prediction_partial", "prediction_response"]))
    def answer(self, which: int, event: str) -> None:
        running = self.service.running
        self.service.answer(running[which % len(running)], event)

    @precondition(lambda self: self.is_connected)
    @rule(count=st.integers(1, 5))
    def read(self, count: int) -> None:
        """Frames arrive at the client."""
        for message in self.service.said[self.said_count :][:count]:
            self.said_count += 1
            self.client.receive(json.dumps(message))

    @invariant()
    def nothing_runs_twice_and_nothing_is_answered_twice(self) -> None:
        assert all(count == 1 for count in self.ran.values())
        assert all(count == 1 for count in self.finals.values())

    @invariant()
    def what_is_kept_is_bounded(self) -> None:
        # What is open, a cancel for each, and a cancel for each that was answered before it.
        assert self.client.unacknowledged_count <= 3 * MAX_OPEN

    def teardown(self) -> None:
        """On a line that holds everything comes to its end."""
        for _ in range(3 * len(self.exchanges) + 3):
            if not self.is_connected:
                self.connect(forgets=False)
            self.send(5)
            self.serve(5)
            if self.service.running:
                self.answer(0, "prediction_response")
            self.read(50)
        assert set(self.finals) == set(range(len(self.exchanges)))
        assert all(self.exchanges[number].number is not None for number in self.lost)


TestConversations = Conversations.TestCase
TestConversations.settings = settings(
    max_examples=settings.default.max_examples * 3, stateful_step_count=50, deadline=None
)
