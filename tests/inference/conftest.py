"""Models that have bad days, a client that reads answers by their id, and a queue whose clock the test sets."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from tornado_ml.errors import WorkerLost
from tornado_ml.inference.jobs import Batch, Job, Outcome, StreamJob
from tornado_ml.inference.scheduler import Limits, Scheduler
from tornado_ml.inference.sessions import Session, SessionEnd, Sessions
from tornado_ml.inference.workbench import (
    AdvanceStream,
    BeginStream,
    CloseSession,
    CloseStream,
    Done,
    OpenSession,
    PredictInSession,
    Work,
)
from tornado_ml.models.answers import Answers
from tornado_ml.models.live import Step
from tornado_ml.testing import RunningServer

TESTS = Path(__file__).parents[1]
LIMIT_S = 60.0
"""How long anything here may take, on a machine that is busy with other things."""


class Peer:
    """A client.

    Attributes:
        answered: the ids of what has been answered, in the order of the answers.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.answered: list[int] = []
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def send(self, model: str, data: Any, **meta: Any) -> tuple[int, asyncio.Future[dict[str, Any]]]:
        """Ask; the id of the request, and its answer to wait for."""
        id = next(self._ids)
        document: dict[str, Any] = {
            "event": "prediction_request",
            "id": id,
            "data": {"model_qualified_name": model, "input_data": data},
        }
        if meta:
            document["meta"] = meta
        answer = self._waiting[id] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps(document))
        return id, answer

    async def ask(self, model: str, data: Any, **meta: Any) -> dict[str, Any]:
        """The frame that answers."""
        _, answer = await self.send(model, data, **meta)
        async with asyncio.timeout(LIMIT_S):  # `wait_for` may swallow a cancellation before Python 3.12
            return await answer

    async def predict(self, model: str, data: Any, **meta: Any) -> Any:
        frame = await self.ask(model, data, **meta)
        assert frame["event"] == "prediction_response", frame
        return frame["data"]["prediction"]

    async def fail(self, model: str, data: Any, **meta: Any) -> str:
        """The code of the error that answers."""
        return code(await self.ask(model, data, **meta))

    async def cancel(self, id: int) -> None:
        await self.socket.send(json.dumps({"event": "prediction_cancel", "id": id, "data": {}}))

    async def read(self) -> None:
        with suppress(ConnectionClosedError):  # the service may be killed
            async for frame in self.socket:
                document = json.loads(frame)
                if "id" in document:
                    self.answered.append(document["id"])
                    self._waiting.pop(document["id"]).set_result(document)


def code(frame: dict[str, Any]) -> str:
    assert frame["event"] == "prediction_error", frame
    text: str = frame["data"]["code"]
    return text


@asynccontextmanager
async def talk(server: RunningServer) -> AsyncIterator[Peer]:
    async with connect(server.socket_url, open_timeout=LIMIT_S, max_size=None) as socket:
        peer = Peer(socket)
        reading = asyncio.create_task(peer.read())
        yield peer
    await reading


class SetLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when it is told to."""

    now = 1000.0

    def time(self) -> float:
        return self.now


class Worker:
    """Takes batches, and keeps each until the test says what becomes of it.

    Attributes:
        streams, sessions: those that it holds, by their numbers.
        asked: what sessions have been asked, in its order, and their numbers.
    """

    def __init__(self, scheduler: Scheduler, *, can_be_killed: bool = True) -> None:
        self.scheduler = scheduler
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.batch: Batch | None = None
        self.streams: set[int] = set()
        self.sessions: set[int] = set()
        self.asked: list[tuple[int, Any]] = []
        self.cancels = 0
        self.was_killed = False
        self._is_cancelled = False
        self._can_be_killed = can_be_killed
        self._next: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while (batch := await self.scheduler.next_batch(self.lost)) is not None:
            self.batch = batch
            self._is_cancelled = False
            batch.cancel = self._cancel
            batch.kill = self._kill if self._can_be_killed else None
            await self._next
            self._next = asyncio.get_running_loop().create_future()
            if self.lost.done():
                return

    @property
    def work(self) -> Work | None:
        return None if self.batch is None else self.batch.work

    @property
    def data(self) -> list[Any] | None:
        return None if self.batch is None else [job.data for job in self.batch.jobs]

    @property
    def held_count(self) -> int:
        return len(self.streams) + len(self.sessions)

    def finish(
        self, errors: dict[int, Exception] | None = None, *, partials: int | None = None, pause_s: float = 0.0
    ) -> None:
        """Do what it was given to do. A stream gives so many partials and goes on; None lets it come to its end."""
        assert self.batch is not None
        batch, self.batch = self.batch, None
        result = self._result(batch, errors or {}, partials)
        if isinstance(result, Step):
            result.pause_s = pause_s
        self.scheduler.done(batch, Done(result, 0.01, self.held_count))
        self._next.set_result(None)

    def _result(self, batch: Batch, errors: dict[int, Exception], partials: int | None) -> Answers | Step:
        match work := batch.work:
            case BeginStream() | AdvanceStream():
                assert (work.stream in self.streams) == isinstance(work, AdvanceStream), "it goes on where it began"
                self.streams.discard(work.stream)
                if self._is_cancelled:
                    return Step()
                if errors or partials is None:
                    return Step([], Answers([batch.jobs[0].data], errors))
                assert work.max_partials > 0
                self.streams.add(work.stream)
                return Step([batch.jobs[0].data] * min(partials, work.max_partials), goes_on=True)
            case CloseStream():
                self.streams.discard(work.stream)
            case OpenSession():
                if not errors:
                    self.sessions.add(work.session)
            case PredictInSession():
                assert work.session in self.sessions
                self.asked.append((work.session, work.document))
            case CloseSession():
                self.sessions.discard(work.session)
        return Answers([job.data for job in batch.jobs], errors)

    def die(self, *, may_retry: bool = True) -> None:
        self.lost.set_result(None)
        self.streams.clear()
        self.sessions.clear()
        self.give_up(may_retry=may_retry)

    def give_up(self, *, may_retry: bool = True) -> None:
        """Lose what it is at; as a thread does, it lives on."""
        if self.batch is not None:
            batch, self.batch = self.batch, None
            match batch.work:
                case AdvanceStream(number) | CloseStream(number):
                    self.streams.discard(number)
                case CloseSession(number):
                    self.sessions.discard(number)
            self.scheduler.lost(batch, WorkerLost("it died", may_retry=may_retry), self.held_count)
            self._next.set_result(None)

    def _cancel(self) -> None:
        self.cancels += 1
        self._is_cancelled = True

    def _kill(self) -> None:
        self.was_killed = True
        self.die()


class World:
    """A scheduler, its workers, and what clients are told.

    Attributes:
        told: what each job's client was told.
        partials: the indices of the partial predictions that each stream's client was given.
        sessions: the sessions of the model.
        ends: what each session's owner was told: None or an error when it was opened, then why it is over.
        over: the sessions that are no longer there.
    """

    def __init__(self, max_sessions: int = 100, idle_s: float = 300.0, **limits: Any) -> None:
        self.loop = SetLoop()
        self.told: dict[Job, list[Outcome | Exception]] = {}
        self.partials: dict[Job, list[int]] = {}
        self.ends: dict[Session, list[Exception | SessionEnd | None]] = {}
        self.over: list[Session] = []
        self.workers: list[Worker] = []
        self.scheduler = self.do(lambda: Scheduler(Limits(**limits)))
        self.sessions = Sessions(self.scheduler, "model", "1.0", max_count=max_sessions, idle_s=idle_s)

    def do(self, action: Any) -> Any:
        """Call it within the loop, and let the loop turn until all has been said that it leads to."""

        async def act() -> Any:
            result = action()
            for _ in range(10):
                await asyncio.sleep(0)
            return result

        return self.loop.run_until_complete(act())

    def submit(self, data: Any, client: str = "client", deadline_s: float | None = None) -> Job:
        told: list[Outcome | Exception] = []
        job: Job = self.do(lambda: self.scheduler.submit(data, client, told.append, deadline_s))
        self.told[job] = told
        return job

    def stream(self, data: Any, client: str = "client", deadline_s: float | None = None) -> StreamJob:
        told: list[Outcome | Exception] = []
        indices: list[int] = []
        job = StreamJob(data, client, told.append, len(self.partials) + 1, lambda index, _: indices.append(index))
        self.do(lambda: self.scheduler.admit(job, deadline_s))
        self.told[job] = told
        self.partials[job] = indices
        return job

    def open(self, parameters: Any = None, client: str = "client") -> Session:
        ends: list[Exception | SessionEnd | None] = []
        session: Session = self.do(
            lambda: self.sessions.open(parameters, client, ends.append, ends.append, self.over.append)
        )
        self.ends[session] = ends
        return session

    def ask(self, session: Session, data: Any, deadline_s: float | None = None) -> Job:
        told: list[Outcome | Exception] = []
        job: Job = self.do(lambda: session.submit(data, told.append, deadline_s))
        self.told[job] = told
        return job

    def worker(self, *, can_be_killed: bool = True) -> Worker:
        worker: Worker = self.do(lambda: Worker(self.scheduler, can_be_killed=can_be_killed))
        self.workers.append(worker)
        return worker

    def passes(self, seconds: float) -> None:
        self.loop.now += seconds
        self.do(lambda: None)

    def answer(self, job: Job) -> Outcome | Exception | None:
        return self.told[job][0] if self.told[job] else None

    def close(self) -> None:
        for worker in self.workers:
            worker.task.cancel()
        self.do(lambda: None)
        self.loop.close()


@pytest.fixture(scope="session")
def dropins_bad() -> Path:
    return TESTS / "dropins_bad"


@pytest.fixture(scope="session")
def peer() -> Callable[[RunningServer], AbstractAsyncContextManager[Peer]]:
    """Connects to a service: `async with peer(server) as client`."""
    return talk


@pytest.fixture(scope="session")
def states() -> Callable[[RunningServer], dict[str, tuple[str, str]]]:
    """The state of each model, and the reason for it."""

    def states(server: RunningServer) -> dict[str, tuple[str, str]]:
        with urlopen(f"{server.url}/api/models", timeout=LIMIT_S) as response:
            models = json.load(response)["models"]
        return {one["qualified_name"]: (one["state"], one["versions"][0].get("reason", "")) for one in models}

    return states


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where models leave a mark of what they have done."""
    path = tmp_path_factory.mktemp("marks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAD_LOADING_MARKS", str(path))
        yield path


@pytest.fixture(scope="session")
def make_world() -> type[World]:
    return World


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(**getattr(request, "param", {}))
    yield made
    made.close()
