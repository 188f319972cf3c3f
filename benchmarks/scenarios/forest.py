"""64 clients, each with one request open, ask a forest of 100 trees in scikit-learn, which takes hardly longer for many
inputs than for one: once with `predict_batch`, so that what waits is answered together, and once without. And once
more with a greedy 65th client beside them, which keeps 64 requests open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.harness import (
    PINNED,
    Effort,
    RunningLoad,
    Server,
    as_data,
    by_turns,
    load_table,
    median_of,
    median_ratio,
    run_load,
    service,
)
from benchmarks.load import Report
from benchmarks.results import Figure, Findings

TITLE = "What batching gains, and whether it is fair"
CONNECTIONS = 64
BATCHED, ONE_BY_ONE, BESIDE = "batched", "one by one", "batched, beside a greedy client"


def digits() -> list[list[float]]:
    from sklearn.datasets import load_digits

    images: Any = load_digits().data[:8]
    return [[float(pixel) for pixel in image] for image in images]


def run(effort: Effort) -> Findings:
    inputs = digits()
    with service("", "forest") as forest:

        def load(model: str) -> Report:
            return run_load(forest, model, inputs, effort, connections=CONNECTIONS)

        runs = by_turns(
            {
                BATCHED: lambda: load("forest_batched"),
                ONE_BY_ONE: lambda: load("forest_one_by_one"),
                BESIDE: lambda: _beside_a_greedy_one(forest, inputs, effort),
            },
            effort.repeat,
        )
    batched, one_by_one, beside = (runs[name] for name in (BATCHED, ONE_BY_ONE, BESIDE))
    figures = [
        Figure("batched: rate, of one by one", median_ratio(batched, one_by_one, lambda run: run.rate), at_least=25),
        Figure(
            "batched: answers for the same processor time of the worker, of one by one",
            median_ratio(one_by_one, batched, lambda run: run.workers_cpu_us),
        ),
        Figure("batched: inputs in a batch", median_of(batched, lambda run: run.batch_size)),
        *(figure for name, reports in runs.items() for figure in _spread(name, reports)),
        Figure(f"{BESIDE}: rate of the others, of that without", median_ratio(beside, batched, lambda run: run.rate)),
    ]
    return Findings(PINNED, figures, load_table(runs), as_data(runs))


def _spread(name: str, reports: Sequence[Report]) -> list[Figure]:
    return [
        Figure(
            f"{name}: slowest connection, of the mean", median_of(reports, lambda run: run.worst_to_mean), at_least=0.5
        ),
        Figure(f"{name}: quickest connection, of the mean", median_of(reports, lambda run: run.best_to_mean)),
    ]


def _beside_a_greedy_one(forest: Server, inputs: list[list[float]], effort: Effort) -> Report:
    seconds = effort.seconds + 2 * effort.warm_up_s + 0.5
    greedy = RunningLoad(forest, "forest_batched", inputs, connections=1, in_flight=64, seconds=seconds, warm_up=0)
    modest = run_load(forest, "forest_batched", inputs, effort, connections=CONNECTIONS)
    greedy.report()
    return modest
