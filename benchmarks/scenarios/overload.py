"""50 clients send ten times what a model can answer (5 ms each, one by one), to a queue of 100. What is accepted is to
be answered, what is not is to hear so at once.
"""

from __future__ import annotations

from statistics import median

from benchmarks.harness import FREE, Effort, as_data, by_turns, load_table, run_load, service
from benchmarks.load import Latency, Report
from benchmarks.results import Figure, Findings

TITLE = "How soon a refusal comes, when more is asked than can be answered"
MAX_QUEUE = 100
RATE = 2000
CONNECTIONS = 50
INPUTS = [{"number": number} for number in range(64)]


def run(effort: Effort) -> Findings:
    settings = f"models.waiting_one_by_one.max_queue = {MAX_QUEUE}"
    with service(settings, "waiting", pinned=False) as server:
        runs = by_turns(
            {
                "flood": lambda: run_load(
                    server, "waiting_one_by_one", INPUTS, effort, pinned=False, connections=CONNECTIONS, rate=RATE
                )
            },
            effort.repeat,
        )
    flood = runs["flood"]
    refusals = [_refusals(report) for report in flood]
    figures = [
        Figure("median time to a refusal", median(found.median for found in refusals), "ms"),
        Figure("99 % of refusals come within", median(found.p99 for found in refusals), "ms"),
        Figure("slowest refusal", median(found.max for found in refusals), "ms", at_most=50),
        Figure("refused", sum(found.count for found in refusals)),
        Figure("accepted and answered", sum(report.answered for report in flood)),
        Figure("unanswered", sum(report.unanswered for report in flood), at_most=0),
        Figure(
            "other errors",
            sum(sum(report.errors.values()) for report in flood) - sum(found.count for found in refusals),
            at_most=0,
        ),
    ]
    return Findings(FREE, figures, load_table(runs), as_data(runs))


def _refusals(report: Report) -> Latency:
    return report.error_latency.get("OVERLOADED", Latency(0, 0, 0, 0, 0, 0))
