"""One client with one request open asks the iris model in a worker process, and in the event loop of the service. The
difference is what the way to another process and back takes.
"""

from __future__ import annotations

from functools import partial
from statistics import median

from benchmarks.harness import PINNED, Effort, as_data, by_turns, load_table, run_load, service
from benchmarks.results import Figure, Findings
from benchmarks.scenarios.iris import FLOWERS

TITLE = "What a process of its own adds to the latency of a model"


def run(effort: Effort) -> Findings:
    with (
        service('models.iris_model.executor = "inline"', "iris") as inline,
        service('models.iris_model.executor = "process"', "iris") as process,
    ):
        servers = {"inline": inline, "process": process}
        runs = by_turns(
            {
                name: partial(run_load, server, "iris_model", FLOWERS, effort, connections=1)
                for name, server in servers.items()
            },
            effort.repeat,
        )
    pairs = [(one.latency, other.latency) for one, other in zip(runs["process"], runs["inline"], strict=True)]
    figures = [
        Figure(
            "added to the median",
            median(one.median - other.median for one, other in pairs if one and other),
            "ms",
            at_most=0.4,
        ),
        Figure(
            "added to the quickest tenth", median(one.p10 - other.p10 for one, other in pairs if one and other), "ms"
        ),
    ]
    return Findings(PINNED, figures, load_table(runs), as_data(runs))
