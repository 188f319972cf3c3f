"""A model calls C code that keeps Python's global lock for 4 s, while a client of another model measures its round
trip: with the two in processes of their own, and, to compare, in threads of the service.
"""

from __future__ import annotations

import time
from functools import partial
from statistics import median

from benchmarks.harness import FREE, Effort, RunningLoad, as_data, by_turns, load_table, service
from benchmarks.load import Report
from benchmarks.results import Figure, Findings
from benchmarks.wire import ask

TITLE = "What the neighbours notice of C code that keeps Python's lock"
LOCKED_S = 4
MARGIN_S = 1.0


def run(effort: Effort) -> Findings:
    runs = by_turns(
        {executor: partial(_round_trips, executor) for executor in ("process", "thread")},
        effort.repeat,
    )
    figures = [
        Figure(
            f"slowest round trip of the neighbour, {name}",
            median(_max_ms(run) for run in reports),
            "ms",
            at_most=50 if name == "process" else None,
        )
        for name, reports in runs.items()
    ]
    return Findings(FREE, figures, load_table(runs), as_data(runs))


def _round_trips(executor: str) -> Report:
    settings = "".join(f'models.{name}.executor = "{executor}"\n' for name in ("keeps_the_lock", "neighbour"))
    with service(settings, "gil", pinned=False) as server:
        load = RunningLoad(
            server, "neighbour", [1, 2, 3], pinned=False, connections=1, rate=100, seconds=LOCKED_S + 2 * MARGIN_S
        )
        time.sleep(MARGIN_S)
        ask(server.socket_url, "keeps_the_lock", LOCKED_S)
        return load.report()


def _max_ms(report: Report) -> float:
    return report.latency.max if report.latency else 0.0
