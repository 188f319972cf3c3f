"""64 clients ask the iris model of a service that was written with FastAPI, pydantic and scikit-learn, as one does, and
the floor: to be compared with what the first scenario leaves of it.
"""

from __future__ import annotations

from functools import partial

from benchmarks.harness import PINNED, Effort, as_data, by_turns, load_table, median_ratio, run_load, script
from benchmarks.results import Figure, Findings
from benchmarks.scenarios.iris import CONNECTIONS, FLOWERS, TARGETS

TITLE = "How much of a bare socket's rate FastAPI leaves"


def run(effort: Effort) -> Findings:
    with script("benchmarks.floor") as floor, script("benchmarks.fastapi_peer") as peer:
        runs = by_turns(
            {
                f"{name}, {CONNECTIONS} x {in_flight}": partial(
                    run_load, server, "iris_model", FLOWERS, effort, connections=CONNECTIONS, in_flight=in_flight
                )
                for in_flight in TARGETS
                for name, server in (("floor", floor), ("FastAPI", peer))
            },
            effort.repeat,
        )
    figures = [
        Figure(
            f"{CONNECTIONS} x {in_flight}: rate, of the floor's",
            median_ratio(
                runs[f"FastAPI, {CONNECTIONS} x {in_flight}"],
                runs[f"floor, {CONNECTIONS} x {in_flight}"],
                lambda run: run.rate,
            ),
        )
        for in_flight in TARGETS
    ]
    return Findings(PINNED, figures, load_table(runs), as_data(runs))
