"""All plugins and all kinds of clients at once, for two minutes, or half an hour with `make soak`.

Models are loaded anew meanwhile, workers are killed, connections are lost and resumed, clients vanish or do not read.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tornado_ml.metrics import declarations
from tornado_ml.testing import RunningServer, running_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what it uses")

SETTINGS = """
resume.grace_s = 10
server.stalled_s = 3
models.adder.executor = "process"
models.counter.executor = "process"
models.echo.executor = "process"
[plugins]
disabled = ["broken"]
"""
LONG_S = float(os.environ.get("SOAK_S", 1800))
WARM_UP_S = 60
"""What it needs at the most for so many at a time, as for what may be resumed, it has by then."""
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "32768", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""glibc gives back large blocks at once: what it keeps of the worst moment so far grows with luck, not with a leak."""
SAMPLES = 200
MORE_FILES = 12
"""How many more may be open in the middle of the last quarter: there are as many visitors, but not always the same."""
EMPTY = (declarations.OPEN, declarations.CONNECTIONS, declarations.WAITING, declarations.SESSIONS, declarations.QUEUED)


class Samples:
    """What the front process holds, from now and then."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.resident_bytes: list[int] = []
        self.files: list[int] = []

    async def take(self, seconds: float) -> None:
        for _ in range(SAMPLES):
            pages = int(Path(f"/proc/{self._pid}/statm").read_text().split()[1])
            self.resident_bytes.append(pages * os.sysconf("SC_PAGE_SIZE"))
            self.files.append(open_files(self._pid))
            await asyncio.sleep(seconds / SAMPLES)


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def quarters(samples: list[int]) -> tuple[float, float]:
    """The middle of the first one, and of the last."""
    size = len(samples) // 4
    return median(samples[:size]), median(samples[-size:])


async def left_behind(visitors: Any) -> dict[str, float]:
    """What the service still holds of its visitors; waits until it is nothing, for a while."""
    until = time.monotonic() + 60
    while True:
        text = (await visitors.fetch("/metrics")).body.decode()
        left = {metric.name: 0.0 for metric in EMPTY}
        for family in text_string_to_metric_families(text):
            if family.name in left:
                left[family.name] = sum(sample.value for sample in family.samples)
        if not any(left.values()) or time.monotonic() > until:
            return left
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    "seconds",
    [pytest.param(120, marks=pytest.mark.soak, id="short"), pytest.param(LONG_S, marks=pytest.mark.long, id="long")],
)
def test_everything_is_answered_and_nothing_grows_or_is_left(
    dropins: Path,
    visitors: Callable[[RunningServer], Any],
    workers_of: Callable[[int], list[int]],
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
) -> None:
    for name, value in GIVE_BACK.items():
        monkeypatch.setenv(name, value)

    async def soak(server: RunningServer) -> tuple[Any, Samples, dict[str, float]]:
        all_of_them = visitors(server)
        await all_of_them.look_round()
        await all_of_them.go_on(WARM_UP_S)
        samples = Samples(server.process.pid)
        sampling = asyncio.create_task(samples.take(seconds))
        await all_of_them.go_on(seconds)
        await sampling
        await all_of_them.mend()
        return all_of_them, samples, await left_behind(all_of_them)

    with running_server(settings=SETTINGS, directories=[dropins], timeout_s=120) as server:
        pid = server.process.pid
        files, workers = open_files(pid), len(workers_of(pid))
        done, samples, left = asyncio.run(soak(server))
        deadline = time.monotonic() + 30
        while (len(workers_of(pid)) != workers or open_files(pid) > files + 2) and time.monotonic() < deadline:
            time.sleep(0.1)
        at_the_end = open_files(pid), len(workers_of(pid))
        log = server.log
    memory, opened = quarters(samples.resident_bytes), quarters(samples.files)
    figures = {
        "seconds": seconds,
        "asked": dict(done.asked),
        "outcomes": dict(done.outcomes),
        "unanswered": sum(done.unanswered.values()),
        "happened": dict(done.happened),
        "memory_mib": [round(one / 2**20, 1) for one in memory],
        "files": [*opened, files, at_the_end[0]],
    }
    sys.stderr.write(f"{figures}\n")
    record_property("figures", figures)
    assert done.unanswered.total() == 0, done.unanswered
    assert done.happened["answered twice"] == done.happened["forgotten"] == 0
    assert min(done.happened[name] for name in ("killed", "lost", "resumed", "vanished", "reload: 200")) > 0
    assert memory[1] <= 1.1 * memory[0]
    assert opened[1] <= opened[0] + MORE_FILES
    assert left == dict.fromkeys(left, 0)
    assert at_the_end[1] == workers
    assert at_the_end[0] <= files + 2
    assert "Traceback" not in log
