"""50 clients send 1,000 requests a second, each when it is due, to a model whose workers are busy for 5 ms with each
batch. Then a worker is ended with SIGKILL. What it had in its hands is to be answered all the same.
"""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.harness import FREE, Effort, RunningLoad, Server, as_data, by_turns, service
from benchmarks.load import Report
from benchmarks.results import Figure, Findings, Table
from benchmarks.wire import ask

TITLE = "What clients notice when a worker is killed"
CONNECTIONS = 50
RATE = 1000
INPUTS = [{"number": number} for number in range(64)]
PROBE_S = 0.005
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Crash:
    report: Report
    started_s: float
    """From the kill until there is a new process."""
    back_s: float
    """From the kill until an answer comes from the new process."""
    usual_ms: float
    """The slowest answer to what was sent before."""
    slowest_ms: float
    """The slowest answer to what was sent afterwards, or shortly before."""

    @property
    def load_s(self) -> float:
        return self.back_s - self.started_s


def run(effort: Effort) -> Findings:
    runs = by_turns(
        {f"{count} workers" if count > 1 else "1 worker": partial(_crash, count, effort) for count in (2, 1)},
        effort.repeat,
    )
    two, one = runs["2 workers"], runs["1 worker"]
    figures = [
        Figure("two workers: connections dropped", sum(c.report.dropped_connections for c in two), at_most=0),
        Figure("two workers: requests unanswered", sum(c.report.unanswered for c in two), at_most=0),
        Figure("two workers: errors", sum(sum(c.report.errors.values()) for c in two), at_most=0),
        Figure(
            "two workers: slowest answer beyond the usual",
            statistics.median(c.slowest_ms - c.usual_ms for c in two),
            "ms",
            at_most=250,
        ),
        Figure(
            "two workers: until two are back, beyond the load time",
            statistics.median(c.back_s - c.load_s for c in two),
            "s",
            at_most=1,
        ),
        Figure("one worker: connections dropped", sum(c.report.dropped_connections for c in one), at_most=0),
        Figure("one worker: requests unanswered", sum(c.report.unanswered for c in one), at_most=0),
        Figure(
            "one worker: slowest answer beyond the load time",
            statistics.median(c.slowest_ms / 1000 - c.load_s for c in one),
            "s",
            at_most=2,
        ),
    ]
    return Findings(
        FREE, figures, _table(runs), as_data({name: [c.report for c in crashes] for name, crashes in runs.items()})
    )


def _crash(worker_count: int, effort: Effort) -> Crash:
    settings = f"models.waiting_batched.workers = {worker_count}"
    with service(settings, "waiting", pinned=False) as server:
        workers = _pids_of_workers(server, worker_count)
        seconds = 2 * effort.seconds + 2
        load = RunningLoad(
            server, "waiting_batched", INPUTS, pinned=False, connections=CONNECTIONS, rate=RATE, seconds=seconds
        )
        time.sleep(effort.seconds)
        before = set(server.workers)
        killed_at = time.monotonic()
        os.kill(workers[0], signal.SIGKILL)
        started_s = _until_started(server, before, killed_at)
        back_s = _until_answering(server, set(workers), killed_at)
        report = load.report()
    killed_s = killed_at - report.begun_at
    usual = [ms for at_s, _, ms in report.timeline if at_s < killed_s - 0.3]
    later = [ms for at_s, _, ms in report.timeline if at_s >= killed_s - 0.3]
    return Crash(report, started_s, back_s, max(usual, default=0.0), max(later, default=0.0))


def _pids_of_workers(server: Server, count: int) -> list[int]:
    """The workers of the model, each of which answers in its turn."""
    found: set[int] = set()
    while len(found) < count:
        found.add(_who(server))
    return sorted(found)


def _who(server: Server) -> int:
    answer = ask(server.socket_url, "waiting_batched", {"number": 0, "who": True})
    return int(answer["data"]["prediction"]["worker"])


def _until_started(server: Server, before: set[int], killed_at: float) -> float:
    while not set(server.workers) - before:
        _check_patience(killed_at)
        time.sleep(PROBE_S)
    return time.monotonic() - killed_at


def _until_answering(server: Server, before: set[int], killed_at: float) -> float:
    while _who(server) in before:
        _check_patience(killed_at)
        time.sleep(PROBE_S)
    return time.monotonic() - killed_at


def _check_patience(since: float) -> None:
    if time.monotonic() - since > PATIENCE_S:
        raise TimeoutError(f"The worker was not replaced within {PATIENCE_S:g} s.")


def _table(runs: Mapping[str, Sequence[Crash]]) -> Table:
    return Table(
        ["", "answers", "errors", "usual slowest ms", "slowest ms", "new process after s", "answers after s"],
        [
            [
                name,
                sum(c.report.answered for c in crashes),
                ", ".join(f"{count} {code}" for c in crashes for code, count in c.report.errors.items()) or "none",
                statistics.median(c.usual_ms for c in crashes),
                statistics.median(c.slowest_ms for c in crashes),
                statistics.median(c.started_s for c in crashes),
                statistics.median(c.back_s for c in crashes),
            ]
            for name, crashes in runs.items()
        ],
    )
