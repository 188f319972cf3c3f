"""Tells the results as a page: `python -m benchmarks.report benchmarks/results.json > docs/benchmarks.md`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.results import Figure

HEAD = """\
# Benchmarks

The results of `python -m benchmarks`, which may be called for one scenario after the other;
[benchmarks/README.md](../benchmarks/README.md) says what is measured and how to read it. This page is made from
`benchmarks/results.json` by `python -m benchmarks.report`.
"""


def page(results: Any) -> str:
    """The page in Markdown, from the document that `python -m benchmarks --json` writes."""
    lines = [
        HEAD,
        *(f"- {name}: {text}" for name, text in results["machine"].items()),
        f"- effort: {results['effort']}",
    ]
    for scenario in results["scenarios"]:
        lines += ["", *section(scenario)]
    return "\n".join(lines) + "\n"


def section(scenario: Any) -> list[str]:
    """The lines of one scenario."""
    figures = [Figure(**figure) for figure in scenario["figures"]]
    return [
        f"## {scenario['title']}",
        "",
        scenario["what"],
        "",
        *_table(["", "", "target", ""], (_told(figure) for figure in figures)),
        "",
        *_table(scenario["table"]["columns"], scenario["table"]["rows"]),
        "",
        f"Ran: {scenario['where']}.",
    ]


def _told(figure: Figure) -> list[str]:
    targets = [
        f"{sign} {number(target)}"
        for sign, target in (("≥", figure.at_least), ("≤", figure.at_most))
        if target is not None
    ]
    verdict = {None: "", True: "met", False: "**missed**"}[figure.is_met]
    return [figure.name, f"{number(figure.value)} {figure.unit}".rstrip(), " ".join(targets), verdict]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str | float]]) -> list[str]:
    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    alignment = ["---", *("--:" for _ in columns[1:])]
    return [line(columns), line(alignment), *(line(map(number, row)) for row in rows)]


def number(value: str | float) -> str:
    """With three significant digits."""
    if isinstance(value, str):
        return value
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


if __name__ == "__main__":
    sys.stdout.write(page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
