"""The worker process: constructs one model, and does one unit of work after the other until the service is gone.

Runs in a process of its own, started by `handle`; what it prints and logs goes to the service's log.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from tornado_ml.errors import OperatorError, PredictionFailed
from tornado_ml.inference.executors.process.channel import BlockingChannel
from tornado_ml.inference.executors.process.records import log_to_service
from tornado_ml.inference.workbench import Work, Workbench
from tornado_ml.models import cancellation
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.manager import Recipe
from tornado_ml.plugins import factory_of
from tornado_ml.traces import flush

PR_SET_PDEATHSIG = 1  # linux/prctl.h
FLUSH_S = 0.3
"""How long the last spans may take to be sent: the service waits a little longer for the process to end."""
JUDGED_BY_THE_SERVICE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Load:
    """Construct this model."""

    recipe: Recipe
    max_memory_bytes: int
    log_level: int


@dataclass(frozen=True, slots=True)
class Loaded:
    report: ModelReport


@dataclass(frozen=True, slots=True)
class Refused:
    """The model could not be constructed."""

    reason: str
    traceback: str


@dataclass(slots=True)
class Run:
    """Do this."""

    number: int
    work: Work


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for this run any more."""

    number: int


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The run ended for want of memory; the worker is not to be used again."""


def main(fd: int, parent: int) -> None:
    """Work for the service at the other end of the socket `fd`, process `parent`."""
    _outlive_nobody(parent)
    _leave_signals_to_the_service()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    channel = BlockingChannel(socket.socket(fileno=fd))
    # The service is gone, or has closed this worker: there is nobody to tell.
    with contextlib.suppress(EOFError, OSError):
        model = _load(channel)
        if model is not None:
            bench = Workbench(model)
            try:
                _work(channel, bench)
            finally:
                bench.close()
    flush(FLUSH_S)
    # A model's own threads must not keep the process alive.
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)


def _load(channel: BlockingChannel) -> LoadedModel | None:
    load: Load = channel.receive()
    log_to_service(load.log_level)
    if load.max_memory_bytes:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = load.max_memory_bytes if hard == resource.RLIM_INFINITY else min(load.max_memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        model = LoadedModel(factory_of(load.recipe))
    except OperatorError as error:
        channel.send(Refused(str(error), ""))
        return None
    # A constructor may call sys.exit, which is no Exception.
    except BaseException as error:
        channel.send(Refused(f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))))
        return None
    channel.send(Loaded(model.report))
    return model


def _work(channel: BlockingChannel, bench: Workbench) -> None:
    while True:
        message = channel.receive()
        if isinstance(message, Cancel):  # of a run that has just ended
            continue
        cancellation.watch(_cancel_watch(channel, message.number))
        try:
            done = bench.do(message.work)
        except MemoryError:
            channel.send(OutOfMemory())
            return
        try:
            channel.send(done)
        except OSError:
            raise
        # A prediction may be fit for JSON and too deep for a pickle.
        except Exception as error:
            channel.send(bench.fail(message.work, PredictionFailed(f"The prediction could not be sent: {error!r}")))


def _cancel_watch(channel: BlockingChannel, number: int) -> Callable[[], bool]:
    """What tells whether the run has been cancelled: the service sends nothing else while one is under way."""
    is_cancelled = False
    # Not select, which takes no file descriptor over 1023; a service with many clients has such.
    poll = select.poll()
    poll.register(channel, select.POLLIN)

    def check() -> bool:
        nonlocal is_cancelled
        while not is_cancelled and poll.poll(0):
            try:
                is_cancelled = channel.receive().number == number
            except EOFError:  # nobody is there to wait for anything
                is_cancelled = True
        return is_cancelled

    return check


def _leave_signals_to_the_service() -> None:
    """A Ctrl-C, or a supervisor that signals every process, is for the service to judge.

    They are not ignored but handled, by nothing: what is ignored stays so in the processes that a model starts, and
    `terminate()` would not end them.
    """
    for number in JUDGED_BY_THE_SERVICE:
        signal.signal(number, lambda *_: None)
        signal.siginterrupt(number, False)
    os.register_at_fork(after_in_child=_mind_signals)


def _mind_signals() -> None:
    for number in JUDGED_BY_THE_SERVICE:
        signal.signal(number, signal.SIG_DFL)


def _outlive_nobody(parent: int) -> None:
    """Die with the service, even in the middle of C code that never returns. Linux alone can do this (prctl(2));
    elsewhere a worker ends when it next looks at its socket.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
