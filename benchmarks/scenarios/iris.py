"""64 clients ask the iris model (ONNX, in one worker process), and the floor: a bare Tornado socket that parses each
request with orjson and answers a constant. What is left of the floor's rate is what the service and the model leave.
"""

from __future__ import annotations

from functools import partial

from benchmarks.harness import (
    PINNED,
    Effort,
    as_data,
    by_turns,
    load_table,
    median_of,
    median_ratio,
    run_load,
    script,
    service,
)
from benchmarks.results import Figure, Findings

TITLE = "How much of a bare socket's rate is left"
FLOWERS = [
    {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2},
    {"sepal_length": 7.0, "sepal_width": 3.2, "petal_length": 4.7, "petal_width": 1.4},
    {"sepal_length": 6.3, "sepal_width": 3.3, "petal_length": 6.0, "petal_width": 2.5},
]
CONNECTIONS = 64
TARGETS = {1: 0.5, 8: 0.8}
"""For each number of requests that a connection keeps open, the share of the floor's rate."""


def run(effort: Effort) -> Findings:
    with script("benchmarks.floor") as floor, service("", "iris") as iris:
        runs = by_turns(
            {
                f"{name}, {_load(in_flight)}": partial(
                    run_load, server, "iris_model", FLOWERS, effort, connections=CONNECTIONS, in_flight=in_flight
                )
                for in_flight in TARGETS
                for name, server in (("floor", floor), ("service", iris))
            },
            effort.repeat,
        )
    figures = []
    for in_flight, target in TARGETS.items():
        floors, ours = (runs[f"{name}, {_load(in_flight)}"] for name in ("floor", "service"))
        figures += [
            Figure(
                f"{_load(in_flight)}: rate, of the floor's",
                median_ratio(ours, floors, lambda run: run.rate),
                at_least=target,
            ),
            Figure(
                f"{_load(in_flight)}: answers for the same processor time of the front process, of the floor's",
                median_ratio(floors, ours, lambda run: run.front_cpu_us),
            ),
            Figure(
                f"{_load(in_flight)}: slowest connection, of the mean",
                median_of(ours, lambda run: run.worst_to_mean),
                at_least=0.5,
            ),
            Figure(
                f"{_load(in_flight)}: slowest connection of the floor, of the mean",
                median_of(floors, lambda run: run.worst_to_mean),
            ),
        ]
    return Findings(PINNED, figures, load_table(runs), as_data(runs))


def _load(in_flight: int) -> str:
    return f"{CONNECTIONS} x {in_flight}"
