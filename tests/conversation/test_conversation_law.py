"""Whatever the network does to its connections, a client that resumes gets each frame once and each answer once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tornado_ml.access import ANYONE, Caller
from tornado_ml.codecs.base import Codec
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.codecs.msgpack import MessagePackCodec
from tornado_ml.connection import Connection
from tornado_ml.errors import Internal

FINAL = {"prediction_response", "prediction_error"}
ENDS = st.sampled_from(["idle", "worker_died", "unloaded"])


class Client:
    """What a careful client keeps, and what it checks of each frame that arrives."""

    def __init__(self) -> None:
        self.token: str | None = None
        self.epoch = ""
        self.last_seq = 0
        self.unacknowledged: list[dict[str, Any]] = []
        self.acknowledged = 0
        self.open: dict[int, int] = {}
        """By id, the index that its next partial must have."""
        self.sessions: set[str] = set()
        self.pushed: list[int] = []

    def arrive(self, frame: dict[str, Any]) -> None:
        event, data = frame["event"], frame["data"]
        assert frame["seq"] == self.last_seq + 1
        self.last_seq += 1
        if "subscription" in frame.get("meta", {}):
            self.pushed.append(data["prediction"])
            assert self.pushed == sorted(set(self.pushed)), "no value twice, none out of order"
        elif event == "prediction_partial":
            assert frame["meta"]["index"] == self.open[frame["id"]] == data["prediction"]
            self.open[frame["id"]] += 1
        elif event in FINAL:
            del self.open[frame["id"]]
        elif event == "session_opened":
            self.sessions.add(data["session"])
            del self.open[frame["id"]]
        elif event == "session_closed":
            self.sessions.remove(data["session"])
        elif event == "unsubscribed":
            assert data["code"] == "OVERLOADED"
            self.pushed = []  # whoever subscribes anew gets the latest value anew
        else:
            assert event == "subscribed"
            del self.open[frame["id"]]


class Resuming(RuleBasedStateMachine):
    """A client, a network that loses what it likes, and a service."""

    make_world: Callable[[], Any]
    codec: Codec = JSONCodec()

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).make_world()
        self.client = Client()
        self.connection: Connection | None = None
        self.upwards: list[Any] = []
        self.downwards: list[Any] = []
        self.number = 0
        self.value = 0
        self.connect()

    def decoded(self, frame: bytes) -> Any:
        return self.codec.decode(frame if self.codec.is_binary else frame.decode())

    def transmit(self, document: Any) -> None:
        assert self.connection is not None
        frame = self.codec.encode(document)
        self.connection.receive(frame if self.codec.is_binary else frame.decode())

    def connect(self) -> None:
        """Connect and say hello; the old connection may not have been missed yet by the service."""
        self.upwards, self.downwards = [], []
        self.connection = Connection(
            self.world.backend, self.codec, caller=Caller(ANYONE, "127.0.0.1"), wake=lambda: None, end=lambda *_: None
        )
        client = self.client
        hello: dict[str, Any] = {}
        if client.token is not None:
            hello = {"session_token": client.token, "epoch": client.epoch, "last_seq": client.last_seq}
        self.transmit({"event": "hello", "data": hello})
        frame = self.connection.take()
        assert frame is not None
        welcome = self.decoded(frame)
        assert welcome["event"] == "welcome"
        assert "seq" not in welcome
        if welcome["data"]["resumed"]:
            done = welcome["data"]["received"] - client.acknowledged
            assert 0 <= done <= len(client.unacknowledged)
            client.unacknowledged = client.unacknowledged[done:]
            client.acknowledged += done
            self.upwards = list(client.unacknowledged)
        else:
            assert welcome["data"]["received"] == 0
            self.client = Client()
        self.client.token = welcome["data"]["session_token"]
        self.client.epoch = welcome["data"]["epoch"]

    def send(self, event: str, data: Any, **more: Any) -> None:
        document = {"event": event, "data": data, **more}
        self.client.unacknowledged.append(document)
        if self.connection is not None:
            self.upwards.append(document)

    @rule(stream=st.booleans(), data=st.data())
    def the_client_asks(self, stream: bool, data: st.DataObject) -> None:
        if len(self.client.open) >= self.world.backend.limits.max_open_requests:
            return
        self.number += 1
        meta: dict[str, Any] = {"stream": True} if stream else {}
        self.client.open[self.number] = 0
        request = {"model_qualified_name": "m", "input_data": None}
        self.send("prediction_request", request, id=self.number, meta=meta)

    @precondition(lambda self: len(self.client.sessions) < 2 and len(self.client.open) < 8)
    @rule()
    def the_client_opens_a_session(self) -> None:
        self.number += 1
        self.client.open[self.number] = 0
        self.send("session_open", {"model_qualified_name": "m"}, id=self.number)

    @rule(policy=st.sampled_from(["latest", "buffer"]))
    def the_client_subscribes(self, policy: str) -> None:
        self.number += 1
        self.client.open[self.number] = 0
        data = {"model_qualified_name": "m", "source": "ticks"}
        self.send("subscribe", data, id=self.number, meta={"policy": policy})

    @precondition(lambda self: self.connection is not None)
    @rule(count=st.integers(1, 5))
    def the_network_carries_upwards(self, count: int) -> None:
        for document in self.upwards[:count]:
            self.transmit(document)
        del self.upwards[:count]

    @precondition(lambda self: self.connection is not None)
    @rule(taken=st.integers(1, 5), carried=st.integers(0, 5))
    def the_network_carries_downwards(self, taken: int, carried: int) -> None:
        assert self.connection is not None
        for _ in range(taken):
            frame = self.connection.take()
            if frame is not None:
                self.downwards.append(self.decoded(frame))
        for frame in self.downwards[:carried]:
            self.client.arrive(frame)
        del self.downwards[:carried]

    @precondition(lambda self: self.connection is not None)
    @rule(is_noticed=st.booleans())
    def the_network_drops_the_connection(self, is_noticed: bool) -> None:
        assert self.connection is not None
        if is_noticed:
            self.connection.close()
        self.connection = None
        self.upwards, self.downwards = [], []

    @precondition(lambda self: self.connection is None)
    @rule()
    def the_client_comes_back(self) -> None:
        self.connect()

    @precondition(lambda self: self.world.service.open)
    @rule(data=st.data(), fails=st.booleans())
    def the_service_answers(self, data: st.DataObject, fails: bool) -> None:
        data.draw(st.sampled_from(self.world.service.open)).answer(Internal() if fails else None)

    @precondition(lambda self: any(ticket.credit for ticket in self.world.service.open))
    @rule(data=st.data())
    def the_service_gives_a_partial(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from([ticket for ticket in self.world.service.open if ticket.credit])).emit()

    @precondition(lambda self: self.world.service.opening)
    @rule(fails=st.booleans())
    def the_service_opens_a_session(self, fails: bool) -> None:
        self.world.service.opening[0].open(Internal() if fails else None)

    @precondition(lambda self: self.world.service.sessions)
    @rule(reason=ENDS)
    def the_service_ends_a_session(self, reason: str) -> None:
        self.world.service.sessions[0].end(reason)

    @rule()
    def a_source_gives_a_value(self) -> None:
        self.value += 1
        self.world.feeds.publish("m/ticks", self.value)

    @precondition(lambda self: self.connection is None)
    @rule()
    def nobody_comes_back_in_time(self) -> None:
        if self.world.clock.timers:
            self.world.clock.elapse()
            assert self.world.is_empty()

    @invariant()
    def what_waits_is_bounded(self) -> None:
        for ticket in self.world.service.open:
            assert ticket.credit >= 0

    def teardown(self) -> None:
        if self.connection is None:
            self.connect()
        while self.upwards or self.world.service.open or self.world.service.opening or self.client.open:
            progress = (len(self.upwards), len(self.client.open), len(self.world.service.open))
            self.the_network_carries_upwards(100)
            for ticket in list(self.world.service.open):
                ticket.answer()
            for session in list(self.world.service.opening):
                session.open()
            self.the_network_carries_downwards(1000, 1000)
            assert progress != (len(self.upwards), len(self.client.open), len(self.world.service.open))
        assert self.connection is not None
        self.connection.close()
        self.world.clock.elapse()
        assert self.world.is_empty(), "nothing stays behind"


@pytest.mark.parametrize("codec", [JSONCodec(), MessagePackCodec()], ids=["json", "msgpack"])
def test_no_frame_is_lost_or_doubled_and_every_request_is_answered_once(
    codec: Codec, make_world: Callable[[], Any]
) -> None:
    machine = type("Machine", (Resuming,), {"make_world": staticmethod(make_world), "codec": codec})
    many = settings(max_examples=settings.default.max_examples * 5 // 2, stateful_step_count=60, deadline=None)
    run_state_machine_as_test(machine, settings=many)


def test_the_client_of_these_tests_notices_a_frame_that_is_missing() -> None:
    client = Client()
    client.open[1] = 0
    client.arrive({"seq": 1, "event": "prediction_partial", "id": 1, "data": {"prediction": 0}, "meta": {"index": 0}})
    with pytest.raises(AssertionError):
        client.arrive({"seq": 3, "event": "prediction_response", "id": 1, "data": {}})
