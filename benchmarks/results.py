"""What a run of the benchmarks leaves: plain data, to be written as JSON and told as a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One number that answers the question of a scenario, and what it should be."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool | None:
        """None if it has no target."""
        if self.at_least is None and self.at_most is None:
            return None
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )


@dataclass(frozen=True)
class Table:
    columns: list[str]
    rows: list[list[str | float]]


@dataclass(frozen=True)
class Findings:
    """What a scenario found.

    Attributes:
        where: on which core each process ran.
        runs: each single one, as its load client tells it, by the name of its row.
    """

    where: str
    figures: list[Figure]
    table: Table
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
