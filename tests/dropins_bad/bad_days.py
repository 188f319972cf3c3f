"""Models that answer with the number of their process, and have the bad day that they are named by when asked to."""

import ctypes
import mmap
import os
import subprocess
import sys
import threading
import time
from typing import Any

from tornado_ml import MLModel, cancelled, hookimpl

GIGABYTE = 1 << 30


def loop_forever() -> None:
    while True:
        pass


def segfault() -> None:
    ctypes.string_at(0)


def exit_at_once() -> None:
    os._exit(3)


def eat_memory() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(1 << 22))


def eat_shared_memory() -> None:
    """Which is no part of the data segment, so that only its residence tells."""
    size = GIGABYTE
    with mmap.mmap(-1, size) as eaten:
        for offset in range(0, size, mmap.PAGESIZE):
            eaten[offset] = 1
        time.sleep(30)


def print_a_gigabyte() -> None:
    lines = b"nothing to see here\n" * 50_000
    for _ in range(GIGABYTE // len(lines)):
        sys.stdout.buffer.write(lines)


def print_without_end() -> None:
    while True:
        os.write(2, b"x" * 65536)


def keep_the_gil() -> None:
    """C code that does not let other threads run."""
    ctypes.PyDLL(None).sleep(4)


def look_whether_cancelled() -> None:
    while not cancelled():
        time.sleep(0.01)


def leave_a_process_behind() -> None:
    """One that goes on holding the standard output, in a session of its own."""
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    os._exit(3)


def leave_a_thread_behind() -> None:
    threading.Thread(target=time.sleep, args=(60,)).start()


def start_what_can_be_stopped() -> None:
    child = subprocess.Popen(["sleep", "60"])
    child.terminate()
    assert child.wait(20) == -15
    forked = os.fork()
    if not forked:
        time.sleep(60)
        os._exit(0)
    time.sleep(0.1)
    os.kill(forked, 15)
    assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == -15


def have_no_bad_day() -> None:
    """Others may kill it."""


BAD_DAYS = [
    loop_forever,
    segfault,
    exit_at_once,
    eat_memory,
    eat_shared_memory,
    print_a_gigabyte,
    print_without_end,
    keep_the_gil,
    look_whether_cancelled,
    leave_a_process_behind,
    leave_a_thread_behind,
    start_what_can_be_stopped,
    have_no_bad_day,
]


def model(bad_day: Any) -> type[MLModel]:
    """A class that no other process could find by its name."""

    class BadDay(MLModel):
        qualified_name = bad_day.__name__
        display_name = description = bad_day.__name__
        major_version = 1
        minor_version = 0
        input_schema: Any = {}
        output_schema: Any = {}

        def predict(self, data: Any) -> Any:
            if data == "bad":
                bad_day()
            elif isinstance(data, float):
                time.sleep(data)
            return os.getpid()

    return BadDay


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [model(bad_day) for bad_day in BAD_DAYS]
