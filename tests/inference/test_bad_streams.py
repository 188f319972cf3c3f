"""Streams and sessions in real workers, which hang, crash and are killed; and nothing of them stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.errors import Cancelled, DeadlineExceeded, ModelCrashed, NotFound, ServiceError
from tornado_ml.inference import running
from tornado_ml.inference.executors.process import handle
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.service import InferenceService, Partial, Prediction, Request
from tornado_ml.inference.sessions import Session, SessionEnd
from tornado_ml.models.manager import ModelManager
from tornado_ml.plugins import PluginHost
from tornado_ml.settings import Settings
from tornado_ml.settings.declaration import ModelSettings, SessionSettings

LIMIT_S = 60.0
STEP_S = 4
"""More than anything short takes in a worker that stands still now and then."""


class Streamed:
    """A request with partials, and what has come of it. Unless told otherwise it takes each partial at once."""

    def __init__(self, world: World, data: Any, client: str = "client", *, takes: bool = True) -> None:
        self.partials: list[Any] = []
        self.takes = takes
        self.answer: asyncio.Future[Prediction | ServiceError] = asyncio.get_running_loop().create_future()
        self._came = asyncio.Event()
        self.ticket = world.service.submit(Request("live", data), client, self.answer.set_result, self._on_partial)

    def _on_partial(self, partial: Partial) -> None:
        assert partial.index == len(self.partials)
        self.partials.append(partial.prediction)
        self._came.set()
        if self.takes:
            asyncio.get_running_loop().call_soon(self.ticket.partial_taken)

    async def until(self, count: int) -> int:
        """Wait for that many partials; the process that they come from."""
        while len(self.partials) < count:
            self._came.clear()
            await self._came.wait()
        pid: int = self.partials[-1][0]
        return pid


class World:
    """A service with one model in worker processes, or wherever it is told to run."""

    def __init__(self, service: InferenceService, manager: ModelManager[ModelRunner]) -> None:
        self.service = service
        self.manager = manager

    async def open(self, **parameters: Any) -> tuple[Session, asyncio.Future[SessionEnd]]:
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[ServiceError | None] = loop.create_future()
        closed: asyncio.Future[SessionEnd] = loop.create_future()
        session = self.service.open_session(
            "live", parameters, "client", on_opened=opened.set_result, on_closed=closed.set_result
        )
        error = await opened
        if error is not None:
            raise error
        return session, closed

    async def ask(self, session: Session | None = None, **data: Any) -> Any:
        return (await self.service.predict(Request("live", data, session=session), "client")).prediction

    @property
    def held_count(self) -> int:
        return self.manager.find("live").runner.held_count

    async def nothing_is_left(self) -> None:
        runner = self.manager.find("live").runner
        while runner.held_count or runner.scheduler.open_count:
            await asyncio.sleep(0.01)
        assert self.service.open_count == self.service.session_count == 0


@asynccontextmanager
async def serving(folder: Path, session_idle_s: float = 300.0, **settings: Any) -> AsyncIterator[World]:
    host = PluginHost(directories=[folder], disabled=["iris", "digits", "text", "anomaly"])
    chosen = Settings(
        models={"live": ModelSettings(**settings)}, sessions=SessionSettings(session_idle_s=session_idle_s)
    )
    manager = ModelManager(lambda registration: ModelRunner(registration, chosen), host.fail)
    await manager.load(one for one in host.load() if one.identity == ("live", (1, 0)))
    try:
        yield World(InferenceService(manager), manager)
    finally:
        await manager.close()


@pytest.fixture
def run(dropins_bad: Path, marks: Path) -> Callable[..., None]:
    def run(scenario: Callable[[World], Any], **settings: Any) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(LIMIT_S), serving(dropins_bad, **settings) as world:
                await scenario(world)

        asyncio.run(bounded())

    return run


def closed(marks: Path, name: str) -> int:
    """How often what bears that mark was closed."""
    file = marks / name
    return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.mark.parametrize("executor", ["process", "thread", "inline"])
def test_ten_streams_and_other_requests_and_a_session_share_a_worker(run: Callable[..., None], executor: str) -> None:
    async def scenario(world: World) -> None:
        streams = [Streamed(world, {"to": 200, "seconds": 0.0005}, f"client {number}") for number in range(10)]
        session, is_closed = await world.open()
        first = [asyncio.create_task(world.ask(session, say=number)) for number in range(5)]
        others = [asyncio.create_task(world.ask(to=1)) for _ in range(20)]
        await asyncio.gather(*first, *others)
        assert sum(stream.answer.done() for stream in streams) == 0, "the short ones did not wait for the long ones"
        answers = await asyncio.gather(*(stream.answer for stream in streams))
        counts = [len(stream.partials) for stream in streams]
        assert counts == [200] * 10
        for answer in answers:
            assert isinstance(answer, Prediction)
            assert 0.1 < answer.predict_s < answer.total_s
        assert first[-1].result()[1] == [0, 1, 2, 3, 4]
        session.close()
        assert await is_closed == "closed"
        await world.nothing_is_left()

    run(scenario, executor=executor)


@pytest.mark.parametrize("executor", ["process", "thread", "inline"])
def test_a_client_that_does_not_read_slows_its_own_stream_and_nobody_elses(
    run: Callable[..., None], marks: Path, executor: str
) -> None:
    name = f"slow reader {executor}"

    async def scenario(world: World) -> None:
        slow = Streamed(world, {"mark": name}, "slow", takes=False)
        quick = Streamed(world, {"to": 1000}, "quick")
        assert isinstance(await quick.answer, Prediction)
        assert len(quick.partials) == 1000
        assert len(slow.partials) == 16
        assert world.held_count == 1
        for _ in range(5):
            slow.ticket.partial_taken()
        await slow.until(21)
        await world.ask(to=1)
        assert len(slow.partials) == 21
        slow.ticket.forget()
        await world.nothing_is_left()
        assert closed(marks, name) == 1

    run(scenario, executor=executor)


@pytest.mark.parametrize("executor", ["process", "thread"])
def test_a_cancelled_stream_is_closed_at_its_next_yield(
    run: Callable[..., None], marks: Path, executor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"cancelled {executor}"
    monkeypatch.setattr(running, "GRACE_S", LIMIT_S)  # a worker that stands still for a while is not stopped

    async def scenario(world: World) -> None:
        stream = Streamed(world, {"seconds": 0.05, "mark": name})
        pid = await stream.until(2)
        stream.ticket.drop(Cancelled)
        answer = await stream.answer
        assert isinstance(answer, Cancelled)
        assert answer.outcome == "stopped"
        await world.nothing_is_left()
        assert closed(marks, name) == 1
        assert await world.ask(to=0) == pid, "the worker goes on"

    run(scenario, executor=executor)


def test_a_stream_that_never_yields_again_is_stopped_with_its_worker(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        stream = Streamed(world, {"after": 3, "then": "hang"})
        beside, is_closed = await world.open()
        pid = await stream.until(3)
        answer = await stream.answer
        assert isinstance(answer, DeadlineExceeded)
        assert await is_closed == "worker_died"
        assert not beside.is_open
        assert await world.ask(to=0) != pid
        await world.nothing_is_left()

    run(scenario, timeout_s=STEP_S)


def test_a_deadline_holds_for_the_whole_stream_and_a_timeout_for_each_of_its_steps(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "GRACE_S", LIMIT_S)  # else both streams may go with their worker

    async def scenario(world: World) -> None:
        stream = Streamed(world, {"to": 10 * STEP_S + 2, "seconds": 0.1})
        late: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asked = Request("live", {"seconds": 0.05}, deadline_s=0.3)
        ticket = world.service.submit(asked, "late", late.set_result, lambda _: ticket.partial_taken())
        assert isinstance(await late, DeadlineExceeded)
        assert isinstance(await stream.answer, Prediction), "in all it took longer than any step may"
        await world.nothing_is_left()

    run(scenario, timeout_s=STEP_S)


def test_a_killed_worker_takes_streams_and_sessions_along_and_the_next_ones_are_served(
    run: Callable[..., None],
) -> None:
    async def scenario(world: World) -> None:
        parked = Streamed(world, {}, takes=False)
        running = Streamed(world, {"seconds": 0.001}, "another")
        session, is_closed = await world.open()
        pid, told = await world.ask(session, say="hello")
        assert told == ["hello"]
        assert await parked.until(16) == await running.until(5) == pid
        hanging = asyncio.create_task(world.ask(session, seconds=10))
        await asyncio.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        for stream in (parked, running):
            crashed = await stream.answer
            assert isinstance(crashed, ModelCrashed)
            assert crashed.retryable
        with pytest.raises(ModelCrashed) as lost:
            await hanging
        assert lost.value.retryable is False
        assert await is_closed == "worker_died"
        with pytest.raises(NotFound):
            await world.ask(session, say="are you there?")
        session, is_closed = await world.open()
        assert (await world.ask(session, say="anew"))[1] == ["anew"]
        session.close()
        assert await is_closed == "closed"
        await world.nothing_is_left()

    run(scenario)


def test_a_stream_that_kills_its_worker_at_once_is_tried_again_and_then_refused(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        at_once, midway = {"after": 0, "then": "exit"}, {"after": 2, "then": "exit"}
        for data in (at_once, midway, midway):  # of which the first one is tried twice
            stream = Streamed(world, data)
            assert isinstance(await stream.answer, ModelCrashed)
            assert len(stream.partials) <= data["after"]
        for data in (at_once, midway):
            with pytest.raises(ModelCrashed) as refused:
                Streamed(world, data)
            assert refused.value.retryable is False
        await world.nothing_is_left()

    run(scenario)


@pytest.mark.parametrize("executor", ["process", "thread", "inline"])
@pytest.mark.parametrize("then", ["eat", "leave"])
def test_a_stream_that_goes_wrong_is_answered_and_forgotten(run: Callable[..., None], executor: str, then: str) -> None:
    async def scenario(world: World) -> None:
        stream = Streamed(world, {"after": 2, "then": then})
        answer = await stream.answer
        assert isinstance(answer, ServiceError)
        assert answer.code == ("MODEL_CRASHED" if then == "eat" else "INTERNAL")
        assert await world.ask(to=0)
        await world.nothing_is_left()

    run(scenario, executor=executor)


def test_a_session_whose_request_hangs_is_over(run: Callable[..., None], marks: Path) -> None:
    async def scenario(world: World) -> None:
        session, is_closed = await world.open(mark="hung")
        asked = [asyncio.create_task(world.ask(session, then=then)) for then in ("hang", "nothing")]
        with pytest.raises(DeadlineExceeded):
            await asked[0]
        with pytest.raises(ModelCrashed):
            await asked[1]
        assert await is_closed == "worker_died"
        await world.nothing_is_left()
        assert closed(marks, "hung") == 0

    run(scenario, timeout_s=STEP_S)


@pytest.mark.parametrize("executor", ["process", "thread", "inline"])
def test_a_session_is_closed_in_its_worker_however_it_ends(
    run: Callable[..., None], marks: Path, executor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle, "CLOSE_S", LIMIT_S)  # however slow it is to end by itself

    async def scenario(world: World) -> None:
        by_client, is_closed = await world.open(mark=f"closed {executor}")
        forgotten, _ = await world.open(mark=f"forgotten {executor}")
        by_client.close()
        forgotten.forget()
        assert await is_closed == "closed"
        await world.nothing_is_left()
        replaced, is_replaced = await world.open(mark=f"replaced {executor}")
        answer = asyncio.create_task(world.ask(replaced, say="still here", seconds=0.1))
        await asyncio.sleep(0)
        await world.manager.reload("live")
        assert (await answer)[1] == ["still here"]
        assert await is_replaced == "unloaded"
        _, is_unloaded = await world.open(mark=f"unloaded {executor}")
        stream = Streamed(world, {"mark": f"unloaded {executor}"}, takes=False)
        await stream.until(16)
        await world.manager.close()
        assert await is_unloaded == "unloaded"
        assert isinstance(await stream.answer, ServiceError)
        assert world.service.session_count == world.service.open_count == 0
        counts = {how: closed(marks, f"{how} {executor}") for how in ("closed", "forgotten", "replaced")}
        assert counts == dict.fromkeys(counts, 1)
        while closed(marks, f"unloaded {executor}") < 2:  # a thread ends in its own time
            await asyncio.sleep(0.01)

    run(scenario, executor=executor)


@pytest.mark.parametrize("executor", ["process", "thread", "inline"])
def test_a_session_that_is_not_asked_is_closed_in_its_worker(
    run: Callable[..., None], marks: Path, executor: str
) -> None:
    name = f"idle {executor}"

    async def scenario(world: World) -> None:
        _, is_idle = await world.open(mark=name)
        assert await is_idle == "idle"
        await world.nothing_is_left()
        assert closed(marks, name) == 1

    run(scenario, executor=executor, session_idle_s=0.1)


def test_a_session_that_hangs_as_it_is_closed_does_not_keep_the_service_from_stopping(
    run: Callable[..., None],
) -> None:
    async def scenario(world: World) -> None:
        await world.open(hangs_at_last=True)
        async with asyncio.timeout(LIMIT_S / 2):
            await world.manager.close()

    run(scenario)


def test_sessions_are_spread_over_workers_and_each_stays_in_its_own(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        async def pids_of_six_sessions() -> Counter[int]:
            sessions = [await world.open() for _ in range(6)]
            pids = Counter([(await world.ask(session))[0] for session, _ in sessions])
            for session, is_closed in sessions:
                assert len({(await world.ask(session))[0] for _ in range(3)}) == 1
                session.close()
                await is_closed
            return pids

        while len(await pids_of_six_sessions()) < 2:
            continue  # the second worker is loaded after the model is ready
        assert sorted((await pids_of_six_sessions()).values()) == [3, 3]
        await world.nothing_is_left()

    run(scenario, workers=2)


def test_a_stream_outlives_the_reload_of_its_model(run: Callable[..., None]) -> None:
    async def scenario(world: World) -> None:
        stream = Streamed(world, {"to": 30, "seconds": 0.02})
        pid = await stream.until(1)
        await world.manager.reload("live")
        answer = await stream.answer
        assert isinstance(answer, Prediction)
        assert answer.prediction == pid != await world.ask(to=0)
        assert len(stream.partials) == 30

    run(scenario)
