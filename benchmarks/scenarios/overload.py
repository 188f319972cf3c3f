"""Clients send three and ten times what a model can answer (5 ms each, one by one), to a queue of 100, whatever is
still open; or three times what the queue holds, and again as soon as they are answered or refused. What is accepted is
to be answered about as soon as a full queue lets it, what is not is to hear so at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median

from benchmarks.harness import FREE, Effort, Server, as_data, by_turns, load_table, run_load, service
from benchmarks.load import Latency, Report
from benchmarks.results import Figure, Findings

TITLE = "How soon a refusal comes, when more is asked than can be answered"
MAX_QUEUE = 100
BUSY_MS = 5
CONNECTIONS = 50
LOADS = {
    "three times as many": {"connections": CONNECTIONS, "rate": 600},
    "ten times as many": {"connections": CONNECTIONS, "rate": 2000},
    "300 at a time": {"connections": 2 * CONNECTIONS, "in_flight": 3},
}
INPUTS = [{"number": number} for number in range(64)]


def run(effort: Effort) -> Findings:
    settings = f"models.waiting_one_by_one.max_queue = {MAX_QUEUE}"
    with service(settings, "waiting", pinned=False) as server:
        runs = by_turns({name: partial(_flood, server, effort, load) for name, load in LOADS.items()}, effort.repeat)
    three_times, *_ = LOADS
    everywhere = [report for reports in runs.values() for report in reports]
    figures = [
        *(figure for name, reports in runs.items() for figure in _figures(name, reports, judged=name == three_times)),
        Figure("refused", sum(_refusals(report).count for report in everywhere)),
        Figure("accepted and answered", sum(report.answered for report in everywhere)),
        Figure("unanswered", sum(report.unanswered for report in everywhere), at_most=0),
        Figure(
            "other errors",
            sum(sum(report.errors.values()) - _refusals(report).count for report in everywhere),
            at_most=0,
        ),
    ]
    return Findings(FREE, figures, load_table(runs), as_data(runs))


def _flood(server: Server, effort: Effort, load: Mapping[str, float]) -> Report:
    return run_load(server, "waiting_one_by_one", INPUTS, effort, pinned=False, **load)


def _figures(name: str, reports: Sequence[Report], *, judged: bool) -> list[Figure]:
    """Of one load; against all others a service can only do what it can."""
    refused = [_refusals(report) for report in reports]
    queue_ms = MAX_QUEUE * BUSY_MS
    longest = median(report.latency.p99 if report.latency else 0 for report in reports)
    return [
        Figure(f"{name}: median time to a refusal", median(found.median for found in refused), "ms"),
        Figure(f"{name}: 99 % of refusals come within", median(found.p99 for found in refused), "ms"),
        Figure(
            f"{name}: slowest refusal", median(found.max for found in refused), "ms", at_most=50 if judged else None
        ),
        Figure(
            f"{name}: 99 % of answers come within so many times what a full queue takes",
            longest / queue_ms,
            at_most=2 if judged else None,
        ),
    ]


def _refusals(report: Report) -> Latency:
    return report.error_latency.get("OVERLOADED", Latency(0, 0, 0, 0, 0, 0))
