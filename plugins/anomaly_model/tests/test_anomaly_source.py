import asyncio
import csv
import selectors
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import pytest

from anomaly_model import AnomalyModel, ElNinoReplay, register_sources
from anomaly_model.anomaly_schemas import INPUT_SCHEMA, SESSION_SCHEMA
from anomaly_model.anomaly_source import DATA, MOST_LATE_S, el_nino_series
from tornado_ml.models.schema import Validator


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when nothing is left to do, and then at once."""

    def __init__(self) -> None:
        self.now = 0.0
        loop = self

        class Skipping(selectors.SelectSelector):
            def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
                loop.now += timeout or 0
                return super().select(0)

        super().__init__(Skipping())

    def time(self) -> float:
        return self.now


def take(source: ElNinoReplay, count: int, pauses: dict[int, float] | None = None) -> list[tuple[float, Any]]:
    """The first inputs of a source, each with its time in seconds; after some of them comes a pause."""

    async def taking() -> list[tuple[float, Any]]:
        taken: list[tuple[float, Any]] = []
        inputs: AsyncIterator[Any] = source.inputs()
        async with aclosing(inputs):  # type: ignore[type-var]
            async for data in inputs:
                taken.append((asyncio.get_running_loop().time(), data))
                if len(taken) == count:
                    break
                await asyncio.sleep((pauses or {}).get(len(taken), 0))
        return taken

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(taking())


def test_it_brings_the_series_at_two_speeds_in_sessions_of_the_model() -> None:
    sources = register_sources()
    assert [source.name for source in sources] == ["elnino", "elnino_fast"]
    for source in sources:
        assert source.model_qualified_name == AnomalyModel.qualified_name
        assert Validator(SESSION_SCHEMA).faults(source.session_parameters) == []
        assert not source.always


def test_the_series_is_of_61_whole_years() -> None:
    months = [month for month, _ in el_nino_series()]
    assert months == [f"{year}-{month:02}" for year in range(1950, 2011) for month in range(1, 13)]
    assert all(18 < temperature < 30 for _, temperature in el_nino_series())


def test_the_episodes_follow_each_other() -> None:
    with (DATA / "episodes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["kind"] for row in rows} == {"El Niño", "La Niña"}
    assert all(row["first"] < row["last"] for row in rows)
    assert all(before["last"] < after["first"] for before, after in pairwise(rows))
    assert all((float(row["peak"]) > 0) is (row["kind"] == "El Niño") for row in rows)


def test_its_inputs_are_the_months_in_order_and_begin_again_at_the_end() -> None:
    series = el_nino_series()
    inputs = [data for _, data in take(ElNinoReplay("quick", values_per_s=50), len(series) + 3)]
    assert inputs == [{"time": month, "value": value} for month, value in [*series, *series[:3]]]
    assert Validator(INPUT_SCHEMA).faults(inputs[0]) == []


def test_it_keeps_its_pace_whatever_the_predictions_take() -> None:
    pauses = {number: number % 7 * 0.03 for number in range(1, 1001)}
    taken = take(ElNinoReplay("paced", values_per_s=5), 1001, pauses)
    assert [moment for moment, _ in taken] == pytest.approx([number / 5 for number in range(1001)])


def test_it_makes_up_for_a_short_delay_and_not_for_a_long_one() -> None:
    source = ElNinoReplay("delayed", values_per_s=10)
    short = [moment for moment, _ in take(source, 12, {1: 0.5})]
    assert short == pytest.approx([0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1])
    moments = [moment for moment, _ in take(source, 14, {1: 60})]
    assert moments == pytest.approx([0, *[60] * (1 + round(10 * MOST_LATE_S)), 60.1, 60.2])
