"""One client's conversation without any server: frames in, frames out."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tornado_ml import MLModel
from tornado_ml.access import ANYONE, Caller
from tornado_ml.access.allowance import Accounts
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.connection import Connection
from tornado_ml.conversation.conversation import Backend, Limits
from tornado_ml.conversation.waiting_room import WaitingRoom
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.service import InferenceService
from tornado_ml.metrics.metrics import Metrics
from tornado_ml.models.manager import ModelManager, Recipe, Registration
from tornado_ml.protocol.events import EVENTS
from tornado_ml.server.base import Shared
from tornado_ml.settings import HolderLimits, load_settings

T = TypeVar("T")
CALLER = Caller(ANYONE, "127.0.0.1")
UNLIMITED = Accounts(HolderLimits(), HolderLimits(), HolderLimits(), Metrics(), time.monotonic)
LIMITS = Limits(
    max_message_bytes=65536,
    max_json_depth=8,
    max_open_requests=4,
    max_sessions=2,
    max_subscriptions=2,
    outbox_bytes=100_000,
    buffer_bytes=10_000,
    grace_s=30,
    resume_bytes=100_000,
)


class Client:
    """The other side of a connection. One that `reads` takes each frame as soon as there is one."""

    def __init__(self, service: InferenceService, limits: Limits = LIMITS, *, reads: bool = True) -> None:
        self.frames: list[dict[str, Any]] = []
        self.given_up_count = 0
        self.reads = reads
        self._came = asyncio.Event()
        backend = Backend(service, None, None, WaitingRoom(0, 1, None), UNLIMITED, limits)
        self.connection = Connection(backend, JSONCodec(), caller=CALLER, wake=self._wake, end=self._end)

    def send(self, document: Any) -> None:
        self.connection.receive(document if isinstance(document, str | bytes) else json.dumps(document))

    def take(self) -> None:
        """Read all that waits."""
        while (frame := self.connection.take()) is not None:
            self.frames.append(json.loads(frame))
            self._came.set()

    async def read(self, count: int = 1) -> list[dict[str, Any]]:
        """The first `count` frames of those that have not been read."""
        while len(self.frames) < count:
            self._came.clear()
            await asyncio.wait_for(self._came.wait(), 30)
        taken, self.frames = self.frames[:count], self.frames[count:]
        return taken

    async def ask(self, document: Any) -> dict[str, Any]:
        self.send(document)
        return (await self.read())[0]

    def _wake(self) -> None:
        if self.reads:
            self.take()

    def _end(self, *_: object) -> None:
        self.given_up_count += 1


def request(model: str, data: Any = None, id: Any = None, **meta: Any) -> dict[str, Any]:
    document = {"event": "prediction_request", "data": {"model_qualified_name": model, "input_data": data}}
    return document | ({} if id is None else {"id": id}) | ({"meta": meta} if meta else {})


def code(frame: dict[str, Any]) -> str | None:
    assert frame["event"] in {event.name for event in EVENTS if event.sender == "server"}
    return frame["data"].get("code") if frame["event"] == "prediction_error" else None


@pytest.fixture
def client(shared: Shared) -> Client:
    return Client(shared.service)


@pytest.mark.gen_test
async def test_a_frame_is_taken_without_waiting_for_its_answer(client: Client) -> None:
    client.send(request("slow", {"seconds": 0.05}, id="a"))
    assert client.connection.open_count == 1
    assert client.frames == []
    (answer,) = await client.read()
    assert (answer["id"], answer["data"]["prediction"]) == ("a", {"slept": 0.05})
    assert client.connection.open_count == 0


@pytest.mark.gen_test
async def test_a_frame_that_cannot_be_read_is_answered_at_once(client: Client) -> None:
    for frame in ("", "{", "null", b"\x80", b"{}", {"id": 5, "event": "hullo", "data": {}}):
        client.send(frame)
    assert [code(frame) for frame in client.frames] == ["BAD_FRAME"] * 5 + ["UNKNOWN_EVENT"]
    assert [frame.get("id") for frame in client.frames] == [None] * 5 + [5]


@pytest.mark.gen_test
async def test_the_id_of_a_frame_that_is_too_deep_comes_back(client: Client) -> None:
    answer = await client.ask(request("echo", [[[[[[[1]]]]]]], id="deep"))
    assert (answer["id"], code(answer)) == ("deep", "BAD_FRAME")
    assert code(await client.ask(request("echo", [[[[[[1]]]]]], id="less"))) is None


@pytest.mark.gen_test
async def test_an_id_is_free_before_its_answer_can_be_seen(shared: Shared) -> None:
    class Hasty(Client):
        def take(self) -> None:
            super().take()
            if len(self.frames) < 5:
                self.send(request("echo", len(self.frames), id="same"))

    client = Hasty(shared.service)
    client.send(request("echo", 0, id="same"))
    assert [code(frame) for frame in await client.read(5)] == [None] * 5


@pytest.mark.gen_test
async def test_only_so_many_requests_are_open_and_the_next_is_told_when_to_try(client: Client) -> None:
    for number in range(4):
        client.send(request("slow", {"seconds": 0.01}, id=number))
    client.send(request("echo", id="more"))
    (refused,) = await client.read()
    assert (refused["id"], code(refused)) == ("more", "OVERLOADED")
    assert refused["data"]["retry_after_ms"] > 0
    await client.read(4)
    assert code(await client.ask(request("echo", id="more"))) is None


@pytest.mark.gen_test
async def test_goaway_says_why_and_until_when_and_is_no_answer(client: Client) -> None:
    client.send(request("slow", {"seconds": 0.05}, id="open"))
    client.connection.goaway("maintenance", 2.5)
    goaway, answer = await client.read(2)
    assert goaway == {"event": "goaway", "data": {"reason": "maintenance", "deadline_ms": 2500}}
    assert answer["id"] == "open"


BAD_FRAMES = st.sampled_from(
    [
        ("{", "BAD_FRAME"),
        ("[]", "BAD_FRAME"),
        (b"{}", "BAD_FRAME"),
        ("[" * 100 + "]" * 100, "BAD_FRAME"),
        ({"event": "prediction_request", "data": {}}, "BAD_ENVELOPE"),
        (request("gate") | {"x": 1}, "BAD_ENVELOPE"),
        ({"event": 1}, "BAD_ENVELOPE"),
        ({"event": "hullo", "data": {}}, "UNKNOWN_EVENT"),
        (request("nobody"), "MODEL_NOT_FOUND"),
        (request("gate", model_version="9"), "MODEL_NOT_FOUND"),
        (request("picky", "no integer"), "INVALID_INPUT"),
    ]
)
SAFE = 2**53 - 1
TEXT = st.characters(exclude_categories=["Cs"])
GOOD_IDS = st.integers(-SAFE, SAFE) | st.text(TEXT, min_size=1, max_size=64)


class Gate(MLModel):
    """Answers with its input, but not before the gate is open."""

    executor = "thread"
    qualified_name, display_name, description = "gate", "Gate", ""
    major_version, minor_version = 1, 0
    input_schema: Any = {}
    output_schema: Any = {}
    is_open: ClassVar = threading.Event()
    came: ClassVar[list[Any]] = []  # be it that it still waits there

    def predict(self, data: Any) -> Any:
        self.came.append(data)
        self.is_open.wait()
        return data


class Picky(Gate):
    qualified_name = "picky"
    input_schema: Any = {"type": "integer"}


@asynccontextmanager
async def serving(*models: type[MLModel]) -> AsyncIterator[InferenceService]:
    """A service with these models; the gate is shut."""
    Gate.is_open.clear()
    Gate.came.clear()
    loaded = load_settings(environ={})
    manager = ModelManager(lambda registration: ModelRunner(registration, loaded), pytest.fail)
    await manager.load(Registration("tests", model, Recipe("directory", "tests", "nowhere.py", 0)) for model in models)
    try:
        yield InferenceService(manager)
    finally:
        await manager.close()


@pytest.mark.gen_test
async def test_what_a_closed_client_asked_for_is_dropped_and_nothing_more_is_taken_or_sent() -> None:
    async with serving(Gate) as service:
        client, other = Client(service), Client(service)
        for number in range(4):
            client.send(request("gate", number, id=number))
        while not Gate.came:
            await asyncio.sleep(0.005)
        client.connection.close()
        client.send(request("gate", "late"))
        client.connection.goaway("now", 1)
        assert (client.connection.open_count, client.connection.take()) == (0, None)
        other.send(request("gate", "other"))
        Gate.is_open.set()
        assert [code(frame) for frame in await other.read()] == [None]
        assert Gate.came == [0, "other"], "the three that waited were taken out of the queue"
        await service.drain(30)
        assert (client.frames, client.given_up_count) == ([], 0)


class Conversation(RuleBasedStateMachine):
    """Whatever a client sends, each frame gets one final answer, with its id as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.serving = serving(Gate, Picky)
        self.client = Client(self.run(self.serving.__aenter__()), reads=False)
        self.answers_due: Counter[tuple[type, Any]] = Counter()
        self.open_ids: set[Any] = set()
        self.open_count = 0
        self.frame_count = 0

    def run(self, awaitable: Awaitable[T]) -> T:
        return self.loop.run_until_complete(awaitable)

    def teardown(self) -> None:
        self.all_that_is_open_is_answered()
        assert self.answers_due == Counter()
        self.client.connection.close()
        self.run(self.serving.__aexit__(None, None, None))
        self.loop.close()

    def send(self, document: Any, id: Any = None) -> None:
        self.frame_count += 1
        self.answers_due[(type(id), id)] += 1

        async def receive() -> None:
            self.client.send(document)

        self.run(receive())

    def read_answers(self) -> list[dict[str, Any]]:
        """Those that are there, each of which was due."""
        self.client.take()
        answers, self.client.frames = self.client.frames, []
        for answer in answers:
            id = answer.get("id")
            self.answers_due[(type(id), id)] -= 1
            assert self.answers_due[(type(id), id)] >= 0, f"more than one answer to {id!r}"
        self.answers_due = +self.answers_due
        return answers

    @rule(id=st.none() | GOOD_IDS, data=st.integers())
    def a_good_request_waits_unless_its_id_or_the_number_open_forbids(self, id: Any, data: int) -> None:
        self.read_answers()
        self.send(request("gate", data, id), id)
        answers = self.read_answers()
        if id is not None and (type(id), id) in self.open_ids:
            assert [code(answer) for answer in answers] == ["DUPLICATE_ID"]
        elif self.open_count == LIMITS.max_open_requests:
            assert [code(answer) for answer in answers] == ["OVERLOADED"]
        else:
            assert answers == []
            self.open_count += 1
            if id is not None:
                self.open_ids.add((type(id), id))

    @precondition(lambda self: self.open_ids)
    @rule(data=st.data())
    def an_id_that_is_open_is_refused(self, data: st.DataObject) -> None:
        _, id = data.draw(st.sampled_from(sorted(self.open_ids, key=repr)))
        self.a_good_request_waits_unless_its_id_or_the_number_open_forbids(id, 1)

    @rule(bad=BAD_FRAMES, id=st.none() | GOOD_IDS)
    def a_bad_frame_is_answered_at_once(self, bad: tuple[Any, str], id: Any) -> None:
        document, expected = bad
        if not isinstance(document, dict):
            id = None
        elif id is not None:
            document = document | {"id": id}
        self.read_answers()
        self.send(document, id)
        (answer,) = self.read_answers()
        duplicate = (type(id), id) in self.open_ids and expected in {"MODEL_NOT_FOUND", "INVALID_INPUT"}
        overloaded = self.open_count == LIMITS.max_open_requests and expected in {"MODEL_NOT_FOUND", "INVALID_INPUT"}
        assert code(answer) == ("DUPLICATE_ID" if duplicate else "OVERLOADED" if overloaded else expected)
        assert answer.get("id") == id

    @precondition(lambda self: self.open_ids)
    @rule(data=st.data())
    def a_cancelled_request_is_answered_too(self, data: st.DataObject) -> None:
        _, id = data.draw(st.sampled_from(sorted(self.open_ids, key=repr)))

        async def cancel() -> None:
            self.client.send({"event": "prediction_cancel", "id": id, "data": {}})

        self.run(cancel())
        for answer in self.read_answers():  # it was still in the queue
            assert (answer["id"], code(answer), answer["meta"]["outcome"]) == (id, "CANCELLED", "skipped")
            self.open_ids.discard((type(id), id))
            self.open_count -= 1

    @rule()
    def all_that_is_open_is_answered(self) -> None:
        Gate.is_open.set()

        async def settle() -> None:
            while self.client.connection.open_count:
                await asyncio.sleep(0)

        self.run(asyncio.wait_for(settle(), 30))
        Gate.is_open.clear()
        for answer in self.read_answers():
            assert code(answer) in {None, "CANCELLED"}
        self.open_ids.clear()
        self.open_count = 0
        assert not self.answers_due

    @invariant()
    def as_many_are_open_as_wait_for_an_answer(self) -> None:
        assert self.client.connection.open_count == self.open_count <= LIMITS.max_open_requests
        assert self.client.given_up_count == 0


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


@given(
    limit=st.integers(1, 2000),
    steps=st.lists(st.integers(1, 800).map(lambda size: "x" * size) | st.just("take"), max_size=40),
)
@settings(deadline=None)
def test_what_a_client_leaves_lying_is_bounded_and_then_the_client_is_given_up_once(
    limit: int, steps: list[str]
) -> None:
    async def converse() -> None:
        async with serving() as service:
            client = Client(service, replace(LIMITS, outbox_bytes=limit), reads=False)
            largest, sizes = 0, []
            for step in steps:
                before = client.connection.outgoing_bytes
                if step == "take":
                    frame = client.connection.take()
                    assert (frame is None) == (not sizes)
                    assert frame is None or len(frame) == sizes.pop(0)
                    continue
                client.send({"event": step})
                size = client.connection.outgoing_bytes - before
                if client.given_up_count:
                    assert client.connection.outgoing_bytes == 0
                    sizes = []
                else:
                    sizes.append(size)
                    largest = max(largest, size)
                assert client.connection.outgoing_bytes == sum(sizes) <= max(limit, largest)
            assert client.given_up_count <= 1

    asyncio.run(converse())


@given(st.lists(st.text() | st.binary(), max_size=20))
@settings(deadline=None)
def test_any_frames_are_answered_one_by_one(frames: list[str | bytes]) -> None:
    client = Client(InferenceService(ModelManager(pytest.fail, pytest.fail)))
    for number, frame in enumerate(frames, start=1):
        client.send(frame)
        assert len(client.frames) == number
        assert code(client.frames[-1]) is not None
