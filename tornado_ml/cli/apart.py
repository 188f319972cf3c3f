"""Calls a function in a process of its own, so that it may hang, or end its process, and be found out."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from tornado_ml.errors import OperatorError

T = TypeVar("T")


class CameToNothing(OperatorError):
    """The function gave no answer."""


def apart(function: Callable[[], T], timeout_s: float) -> T:
    """What `function` returns; it can be pickled.

    The process is a fork of this one, so that the function finds what it would find here, down to the import path.

    Raises:
        CameToNothing: it ended its process, or was still at it after `timeout_s`.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(function, sender))
    process.start()
    sender.close()
    try:
        is_over = wait([receiver, process.sentinel], timeout_s)
        with suppress(EOFError, OSError):  # it ended before or while it answered
            if receiver.poll():
                answer: T = receiver.recv()
                return answer
        if is_over:
            process.join(timeout_s)
        exit_code = process.exitcode
    finally:
        process.kill()
        process.join()
        receiver.close()
    if exit_code is None:
        raise CameToNothing(f"It was not done after {timeout_s:g} s: something in it hangs.")
    if exit_code < 0:
        raise CameToNothing(f"It ended its process with signal {signal.Signals(-exit_code).name}.")
    raise CameToNothing(f"It ended its process with exit status {exit_code}.")


def _answer(function: Callable[[], T], sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C is for the parent to answer
    sender.send(function())
