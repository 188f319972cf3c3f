from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tornado_ml.cli.apart import CameToNothing, apart

# The tests may have threads; what is forked here touches nothing that they could hold.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def test_an_answer_comes_back_from_another_process() -> None:
    assert apart(lambda: (os.getpid(), {"a": [1]}), 30) != (os.getpid(), {"a": [1]})


def test_the_other_process_finds_what_is_here() -> None:
    here = object()
    assert apart(lambda: id(here), 30) == id(here)


def test_a_large_answer_comes_whole() -> None:
    assert apart(lambda: "x" * 5_000_000, 30) == "x" * 5_000_000


def test_one_that_hangs_is_given_up_and_ended() -> None:
    started = time.monotonic()
    with pytest.raises(CameToNothing, match=r"^It was not done after 0\.3 s: something in it hangs\.$"):
        apart(lambda: time.sleep(60), 0.3)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (lambda: os._exit(7), "It ended its process with exit status 7."),
        (lambda: os._exit(0), "It ended its process with exit status 0."),
        (lambda: sys.exit(3), "It ended its process with exit status 3."),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "It ended its process with signal SIGKILL."),
    ],
)
def test_one_that_ends_its_process_is_found_out(end: object, said: str) -> None:
    with pytest.raises(CameToNothing) as failure:
        apart(end, 30)  # type: ignore[arg-type]
    assert str(failure.value) == said


def test_one_that_leaves_a_process_behind_is_not_waited_for() -> None:
    def leave_child() -> None:
        subprocess.Popen(["sleep", "30"], close_fds=False)
        os._exit(1)

    started = time.monotonic()
    with pytest.raises(CameToNothing, match="exit status 1"):
        apart(leave_child, 20)
    assert time.monotonic() - started < 10


def test_an_answer_is_there_though_a_thread_goes_on() -> None:
    def answer() -> str:
        threading.Thread(target=time.sleep, args=(60,)).start()
        return "answer"

    started = time.monotonic()
    assert apart(answer, 30) == "answer"
    assert time.monotonic() - started < 10
