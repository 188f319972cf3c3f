"""64 clients, each with one request open, ask a forest of 100 trees in scikit-learn, which takes hardly longer for many
inputs than for one: once with `predict_batch`, so that what waits is answered together, and once without. One forest
takes 5 ms for a row, the other, which hands its trees to two threads, 20 ms. And once more a greedy 65th client is
beside them, which keeps 64 requests open.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
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
FORESTS = {"forest": None, "threaded_forest": 25}
"""Each with how many times the rate of one by one it should reach batched."""
GREEDY = "forest_batched, beside a greedy client"


def run(effort: Effort) -> Findings:
    inputs = _images()
    models = [f"{forest}_{how}" for forest in FORESTS for how in ("batched", "one_by_one")]
    with service("", "forest") as server:
        runs = by_turns(
            {model: partial(run_load, server, model, inputs, effort, connections=CONNECTIONS) for model in models}
            | {GREEDY: partial(_beside_a_greedy_client, server, inputs, effort)},
            effort.repeat,
        )
    figures = []
    for forest, target in FORESTS.items():
        batched, one_by_one = runs[f"{forest}_batched"], runs[f"{forest}_one_by_one"]
        figures += [
            Figure(
                f"{forest}: rate batched, of one by one",
                median_ratio(batched, one_by_one, lambda run: run.rate),
                "times",
                at_least=target,
            ),
            Figure(
                f"{forest}: answers batched for the same processor time of the worker, of one by one",
                median_ratio(one_by_one, batched, lambda run: run.workers_cpu_us),
                "times",
            ),
        ]
    for name, reports in runs.items():
        figures += _spread(name, reports)
    others = median_ratio(runs[GREEDY], runs["forest_batched"], lambda run: run.rate)
    figures.append(Figure(f"{GREEDY}: rate of the others, of that without", others))
    return Findings(PINNED, figures, load_table(runs), as_data(runs))


def _spread(name: str, reports: Sequence[Report]) -> list[Figure]:
    worst, best = (median_of(reports, value) for value in (lambda run: run.worst_to_mean, lambda run: run.best_to_mean))
    return [
        Figure(f"{name}: slowest connection, of the mean", worst, at_least=0.5),
        Figure(f"{name}: quickest connection, of the mean", best),
    ]


def _beside_a_greedy_client(server: Server, inputs: Sequence[Any], effort: Effort) -> Report:
    seconds = effort.seconds + 2 * effort.warm_up_s + 0.5
    greedy = RunningLoad(server, "forest_batched", inputs, connections=1, in_flight=64, seconds=seconds, warm_up=0)
    others = run_load(server, "forest_batched", inputs, effort, connections=CONNECTIONS)
    greedy.report()
    return others


def _images() -> list[list[float]]:
    # Needed for this scenario alone, and slow to import.
    from sklearn.datasets import load_digits

    images: list[list[float]] = load_digits().data[:8].tolist()
    return images
