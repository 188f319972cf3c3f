"""Series that ship with the plugin, and their replay as a source."""

from __future__ import annotations

import asyncio
import csv
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from anomaly_model.anomaly_schemas import MONTHLY
from tornado_ml import Source

DATA = Path(__file__).parent / "data"

MOST_LATE_S = 1.0
"""What a replay makes up for when the model was slow; of a longer delay the rest is left as a pause."""


class ElNinoReplay(Source):
    """Sea surface temperatures off Peru, month by month from 1950 to 2010, again and again.

    The months of a new round follow those of the last one, in the same session.
    """

    model_qualified_name = "anomaly_model"
    session_parameters = MONTHLY

    def __init__(self, name: str, values_per_s: float) -> None:
        self.name = name
        self.description = (
            "Sea surface temperature off Peru in °C (NOAA, region Niño 1+2), the months of 1950 to 2010,"
            f" {values_per_s:g} a second, again and again."
        )
        self.values_per_s = values_per_s

    async def inputs(self) -> AsyncIterator[dict[str, Any]]:
        clock = asyncio.get_running_loop().time
        months = [{"time": month, "value": temperature} for month, temperature in el_nino_series()]
        due = clock()
        for month in itertools.cycle(months):
            yield month
            # Counted from when the month was due, not from when it was taken: small delays do not add up.
            due = max(due + 1 / self.values_per_s, clock() - MOST_LATE_S)
            await asyncio.sleep(due - clock())


def el_nino_series() -> list[tuple[str, float]]:
    """Months, as `1950-01`, and their mean sea surface temperature in °C."""
    with (DATA / "elnino.csv").open(encoding="utf-8", newline="") as file:
        return [(row["time"], float(row["temperature"])) for row in csv.DictReader(file)]
