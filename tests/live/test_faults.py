"""A thousand conversations over a network that delays, drips, cuts and resets."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from tornado_ml.server import app

TOGETHER = 20
"""How many conversations there are at a time."""

STEPS = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 3)),
    st.tuples(st.just("stream"), st.integers(0, 60)),
    st.tuples(st.just("remember"), st.integers(0, 5)),
    st.tuples(st.just("cancel"), st.integers(0, 60)),
    st.tuples(st.just("listen"), st.just(0)),
    st.tuples(st.just("pause"), st.integers(0, 8)),
)


@dataclass(frozen=True)
class Plan:
    """What a client does, and what becomes of its connections, as arguments of `Fault`."""

    steps: Sequence[tuple[str, int]]
    faults: Sequence[dict[str, Any]]


FAULTS = st.fixed_dictionaries(
    {},
    optional={
        "up_bytes": st.integers(1, 2500),
        "down_bytes": st.integers(1, 6000),
        "resets": st.booleans(),
        "delay_s": st.sampled_from([0.0, 0.001]),
        "piece_bytes": st.sampled_from([100, 65536]),
    },
)
PLANS = st.builds(Plan, st.lists(STEPS, min_size=1, max_size=8), st.lists(FAULTS, max_size=4))


async def converse(client: Any, steps: Sequence[tuple[str, int]]) -> None:
    """Go through the steps, wait for all answers, and look whether they are right."""
    ids = itertools.count(1)
    asked: dict[int, Any] = {}
    sessions: dict[int, list[int]] = {}
    for step, number in steps:
        id = next(ids)
        if step == "pause":
            await asyncio.sleep(number / 1000)
            continue
        asked[id] = (step, number)
        if step == "ask":
            await client.say("prediction_request", {"model_qualified_name": "echo", "input_data": number}, id)
        elif step == "listen":
            await client.say("subscribe", {"model_qualified_name": "echo", "source": "ticks"}, id)
        elif step in {"stream", "cancel"}:
            data = {"model_qualified_name": "counter", "input_data": {"to": number}}
            await client.say("prediction_request", data, id, stream=True)
            if step == "cancel":
                await client.say("prediction_cancel", {}, id)
        else:
            await client.say("session_open", {"model_qualified_name": "adder"}, id)
            await client.until(lambda: id in client.answers)  # noqa: B023 - awaited at once
            session = client.answers[id][0]["data"]["session"]
            sessions[id] = [next(ids) for _ in range(number)]
            for request in sessions[id]:
                asked[request] = ("add", 1)
                data = {"model_qualified_name": "adder", "input_data": {"number": 1}}
                await client.say("prediction_request", data, request, session=session)
            closing = next(ids)
            asked[closing] = ("close", 0)
            await client.say("session_close", {"session": session}, closing)
    await client.until(lambda: client.answers.keys() >= asked.keys())
    assert Counter(id for id, answers in client.answers.items() for _ in answers) == Counter(asked.keys())
    for id, (step, number) in asked.items():
        answer = client.answers[id][0]["data"]
        if step == "ask":
            assert answer["prediction"] == number
        elif step == "stream":
            assert (answer["prediction"], client.partials.get(id, [])) == ({"counted": number}, list(range(number)))
        elif step == "cancel":
            assert answer.get("code", "CANCELLED") == "CANCELLED"
    for requests in sessions.values():
        sums = [client.answers[request][0]["data"]["prediction"]["sum"] for request in requests]
        assert sums == list(range(1, len(requests) + 1))
    assert client.pushed == sorted(set(client.pushed))
    assert client.is_new_count == 0


class PatientTimer:
    """Calls a function when an event loop has been turning for so long: its standing still does not count."""

    STEP_S = 0.05

    def __init__(self, delay_s: float, callback: Callable[[], None]) -> None:
        self._steps = math.ceil(delay_s / self.STEP_S)
        self._callback = callback
        self._wait()

    def cancel(self) -> None:
        self._handle.cancel()

    def _wait(self) -> None:
        self._handle = asyncio.get_running_loop().call_later(self.STEP_S, self._step)

    def _step(self) -> None:
        self._steps -= 1
        if self._steps > 0:
            self._wait()
        else:
            self._callback()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that gives its clients the time to come back even where the whole machine stands still."""
    monkeypatch.setattr(app, "_call_later", PatientTimer)


@pytest.mark.usefixtures("patient")
@pytest.mark.settings("""
resume.grace_s = 4
models.counter.executor = "process"
models.adder.executor = "process"
""")
def test_a_thousand_conversations_over_a_bad_network_end_well_and_leave_nothing(
    io_loop: IOLoop,
    http_port: int,
    http_server: Any,
    make_proxy: Any,
    make_client: Any,
    make_fault: Any,
    left_behind: Callable[[], dict[str, int]],
) -> None:
    counts: Counter[str] = Counter()

    async def one(plan: Plan) -> None:
        async with make_proxy(http_port, [make_fault(**fault) for fault in plan.faults]) as proxy:
            client = make_client(f"ws://127.0.0.1:{proxy.port}/ws")
            try:
                await converse(client, plan.steps)
            finally:
                await client.close()
            counts.update(conversations=1, lost=proxy.lost_count, resumed=client.resumed_count)

    async def together(plans: Sequence[Plan]) -> None:
        async with asyncio.TaskGroup() as group:
            for plan in plans:
                group.create_task(one(plan))

    @settings(
        max_examples=1000 // TOGETHER,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(st.lists(PLANS, min_size=TOGETHER, max_size=TOGETHER))
    def hold(plans: list[Plan]) -> None:
        io_loop.run_sync(lambda: together(plans), timeout=120)

    async def count_tasks() -> int:
        return len(asyncio.all_tasks())

    async def until_nothing_is_left() -> None:
        while any(left_behind().values()) or await count_tasks() > tasks_before:
            await asyncio.sleep(0.05)

    tasks_before = io_loop.run_sync(count_tasks)
    hold()
    assert counts["conversations"] >= 1000
    assert counts["lost"] > 100, "the network is bad enough to mean something"
    assert counts["resumed"] > counts["lost"] / 10, "and clients come back"
    try:
        io_loop.run_sync(until_nothing_is_left, timeout=60)
    except TimeoutError:
        pytest.fail(f"This stays behind: {left_behind()}")
