"""The scenarios: each a module with a title, a question in its docstring, and `run`, which answers it with figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from benchmarks.harness import Effort
from benchmarks.results import Findings

NAMES = ("iris", "forest", "latency", "crash", "lock", "overload", "fan_out")
"""Those that run when none is named."""
OPTIONAL = ("peer",)
"""Those that need what `requirements.txt` lists."""


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    what: str
    run: Callable[[Effort], Findings]


def scenario(name: str) -> Scenario:
    """One of NAMES and OPTIONAL."""
    module = import_module(f"benchmarks.scenarios.{name}")
    return Scenario(name, module.TITLE, " ".join((module.__doc__ or "").split()), module.run)
