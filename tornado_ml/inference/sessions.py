"""The sessions of one model: each lives in one worker, which answers what is asked in it in its order."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import Any

from tornado_ml.errors import ModelCrashed, NotFound, Overloaded
from tornado_ml.inference.jobs import CloseJob, Job, JobState, Outcome, UnitJob
from tornado_ml.inference.scheduler import Scheduler
from tornado_ml.inference.stations import Station
from tornado_ml.inference.workbench import CloseSession, OpenSession, PredictInSession, Work

RETRY_AFTER_S = 1.0
"""When to try again where there are too many sessions: another one has to end first."""

log = logging.getLogger(__name__)

_numbers = itertools.count(1)


class SessionEnd(StrEnum):
    """Why a session is over."""

    CLOSED = "closed"
    IDLE = "idle"
    WORKER_DIED = "worker_died"
    UNLOADED = "unloaded"


class OpenJob(UnitJob):
    """Opens a session."""

    __slots__ = ("_number",)

    def __init__(self, session: Session, parameters: Any) -> None:
        # If they kill a worker, they are remembered as parameters and not as an input.
        super().__init__(("session", parameters), session.client, session.opened)
        self._number = session.number

    def work(self) -> Work:
        return OpenSession(self._number, self.data[1])

    def undo(self) -> Work | None:
        return CloseSession(self._number)


class SessionJob(UnitJob):
    """A request in a session."""

    __slots__ = ("_session",)
    is_blamed = False

    def __init__(
        self, session: Session, station: Station, data: Any, on_settled: Callable[[Outcome | Exception], None]
    ) -> None:
        super().__init__(data, session.client, on_settled)
        self.station = station
        self._session = session

    def work(self) -> Work:
        return PredictInSession(self._session.number, self.data, self.trace, self.request_id)

    @property
    def may_move(self) -> bool:
        return False

    def crashed(self) -> ModelCrashed:
        return ModelCrashed("The session is over: its worker died.", retryable=False)

    def settle(self, outcome: Outcome | Exception) -> None:
        super().settle(outcome)
        self._session.request_over(self, is_lost=isinstance(outcome, ModelCrashed))

    def forget(self) -> None:
        super().forget()
        self._session.request_over(self)


class Session:
    """One client's session with a model.

    Args:
        sessions: those of the same model.
        client: whose it is: clients are served in turn.
        on_opened: called once, with None or with why it could not be opened.
        on_closed: called once after it was opened, with why it is over.
        on_over: called once when it is no longer there, whatever became of it.

    Attributes:
        id: what the client names it by.
        number: what its worker knows it by.
        is_open: whether it can be asked.
    """

    def __init__(
        self,
        sessions: Sessions,
        client: Hashable,
        on_opened: Callable[[Exception | None], None],
        on_closed: Callable[[SessionEnd], None],
        on_over: Callable[[Session], None],
    ) -> None:
        self.number = next(_numbers)
        self.id = f"s{self.number}"
        self.client = client
        self.is_open = False
        self.model_qualified_name = sessions.model_qualified_name
        self.model_version = sessions.model_version
        self.scheduler = sessions.scheduler
        self._idle_s = sessions.idle_s
        self._on_opened = on_opened
        self._on_closed = on_closed
        self._on_over = on_over
        self._opening: OpenJob | None = None
        self._station: Station | None = None
        self._jobs: set[Job] = set()
        self._ends_as: SessionEnd | None = None
        self._is_closed = False
        self._active_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """End it after what was asked before; `on_closed` is told when that is done."""
        self.end(SessionEnd.CLOSED)

    def forget(self) -> None:
        """The client is gone: end it, and tell nobody."""
        self._on_opened = self._on_closed = _tell_nobody
        if self._opening is not None and self._opening.state is JobState.QUEUED:
            self.scheduler.forget(self._opening)
            self._over()
        else:
            self.end(SessionEnd.CLOSED)

    def stay(self) -> None:
        """Keep it open however long nothing is asked in it."""
        self._idle_s = math.inf

    def open(self, parameters: Any) -> None:
        """Ask a worker to open it. Raises as `Scheduler.admit` does."""
        opening = OpenJob(self, parameters)
        self.scheduler.admit(opening)
        self._opening = opening

    def submit(
        self, data: Any, on_settled: Callable[[Outcome | Exception], None], deadline_s: float | None = None
    ) -> Job:
        """Ask in it; else as `Scheduler.submit`.

        Raises:
            NotFound: it is not open.
        """
        if not self.is_open or self._station is None:
            raise NotFound("There is no such session.")
        job = SessionJob(self, self._station, data, on_settled)
        self.scheduler.admit(job, deadline_s)
        self._jobs.add(job)
        return job

    def end(self, reason: SessionEnd) -> None:
        """Let its worker close it after what was asked before. The first reason is the one that is told."""
        if self._ends_as is None:
            self._ends_as = reason
            self.is_open = False
            if self._station is not None:
                self._close_in(self._station)

    def worker_lost(self) -> None:
        """It has died with its worker."""
        self.end(SessionEnd.WORKER_DIED)

    def lose(self, reason: SessionEnd) -> None:
        """It is no longer there, with its model."""
        self._ends_as = self._ends_as or reason
        self.is_open = False
        self._closed()

    def opened(self, outcome: Outcome | Exception) -> None:
        """A worker has opened it, or could not."""
        opening, self._opening = self._opening, None
        assert opening is not None
        station = opening.station
        if isinstance(outcome, Exception) or station is None or station.is_gone:
            self._over()
            self._on_opened(outcome if isinstance(outcome, Exception) else ModelCrashed())
            return
        self._station = station
        station.tenants.add(self)
        if self._ends_as is not None:
            self._close_in(station)
        else:
            self.is_open = True
            self._active_at = self.scheduler.loop.time()
            self._look_whether_idle()
        self._on_opened(None)

    def request_over(self, job: Job, *, is_lost: bool = False) -> None:
        """A request in it is answered, or nobody waits for it any more; perhaps it was lost with the session."""
        self._jobs.discard(job)
        self._active_at = self.scheduler.loop.time()
        if is_lost:
            self.end(SessionEnd.WORKER_DIED)
        self._look_whether_over()

    def _look_whether_idle(self) -> None:
        now = self.scheduler.loop.time()
        if self._jobs:
            self._active_at = now
        idle_at = self._active_at + self._idle_s
        if now >= idle_at:
            self.end(SessionEnd.IDLE)
        elif not math.isinf(idle_at):
            self._timer = self.scheduler.loop.call_at(idle_at, self._look_whether_idle)

    def _close_in(self, station: Station) -> None:
        closing = CloseJob(CloseSession(self.number), self.client, lambda _: self._closed())
        closing.station = station
        self.scheduler.enqueue(closing, self.scheduler.loop.time())

    def _closed(self) -> None:
        self._is_closed = True
        self._look_whether_over()

    def _look_whether_over(self) -> None:
        if self._is_closed and not self._jobs and self._station is not None:
            assert self._ends_as is not None
            self._over()
            try:
                self._on_closed(self._ends_as)
            except Exception:  # the fault of one client's answer must not keep the others from theirs
                log.exception("The end of a session could not be told.")

    def _over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._station is not None:
            self._station.tenants.discard(self)
            self._station = None
        self._on_over(self)


class Sessions:
    """The sessions of one version of one model.

    Args:
        scheduler: the model's queue.
        model_qualified_name: the model.
        model_version: the version as clients name it.
        max_count: how many there may be.
        idle_s: how long one may be without a request.
    """

    def __init__(
        self, scheduler: Scheduler, model_qualified_name: str, model_version: str, *, max_count: int, idle_s: float
    ) -> None:
        self.scheduler = scheduler
        self.model_qualified_name = model_qualified_name
        self.model_version = model_version
        self.idle_s = idle_s
        self._max_count = max_count
        self._all: set[Session] = set()

    def __len__(self) -> int:
        return len(self._all)

    def open(
        self,
        parameters: Any,
        client: Hashable,
        on_opened: Callable[[Exception | None], None],
        on_closed: Callable[[SessionEnd], None],
        on_over: Callable[[Session], None],
    ) -> Session:
        """Begin to open a session; nobody is told anything from within this call.

        Raises:
            Overloaded: there are as many as there may be, or the queue is full.
            ModelCrashed: its parameters have killed workers before.
        """
        if len(self._all) >= self._max_count:
            raise Overloaded("The model has as many sessions as it may.", retry_after_s=RETRY_AFTER_S)

        def over(session: Session) -> None:
            self._all.discard(session)
            on_over(session)

        session = Session(self, client, on_opened, on_closed, over)
        session.open(parameters)
        self._all.add(session)
        return session

    def end_all(self) -> None:
        """Let workers close them all, after what was asked before: the model is being replaced."""
        for session in list(self._all):
            session.end(SessionEnd.UNLOADED)

    def lose_all(self, reason: SessionEnd) -> None:
        """They are no longer there: the model is gone, and what was asked of it is answered."""
        for session in list(self._all):
            session.lose(reason)


def _tell_nobody(_: object) -> None:
    pass
