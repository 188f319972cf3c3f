"""What the model and its sessions take and return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

MAX_VALUE = 1e100
"""The largest value, and the smallest below zero: the square of it, and sums of many, are still numbers."""

MAX_HISTORY = 10_000


@dataclass(frozen=True)
class Parameters:
    """What a detector is told about its series; `SESSION_SCHEMA` says what each means."""

    season_length: float = 1
    harmonics: int = 3
    learns: Literal["level", "change"] = "level"
    memory: int = 240
    threshold: float = 0.99


MONTHLY: dict[str, Any] = {"season_length": 12}
"""The parameters of a series of months."""

SESSION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Parameters",
    "description": "What is known about the series.",
    "properties": {
        "season_length": {
            "type": "number",
            "title": "Season length",
            "description": "After how many values the series repeats itself, such as 12 for months or 52.18 for weeks"
            " of the year; 1 if it does not.",
            "x-unit": "values",
            "minimum": 1,
            "maximum": 100_000,
            "default": Parameters.season_length,
        },
        "harmonics": {
            "type": "integer",
            "title": "Harmonics",
            "description": "How much detail a season has: by how many sine waves it is drawn, at most half its length.",
            "minimum": 0,
            "maximum": 10,
            "default": Parameters.harmonics,
        },
        "learns": {
            "type": "string",
            "title": "Learns",
            "description": "What a value is compared with: `level`, how high values usually are at this point of the"
            " season; `change`, the last value and how much values usually change here, for a series that trends or"
            " drifts.",
            "enum": ["level", "change"],
            "default": Parameters.learns,
        },
        "memory": {
            "type": "integer",
            "title": "Memory",
            "description": "How many values count; older ones are forgotten. At least two seasons are remembered.",
            "x-unit": "values",
            "minimum": 10,
            "maximum": 100_000,
            "default": Parameters.memory,
        },
        "threshold": {
            "type": "number",
            "title": "Threshold",
            "description": "From which score on a value alarms.",
            "exclusiveMinimum": 0,
            "maximum": 1,
            "default": Parameters.threshold,
        },
    },
    "additionalProperties": False,
}

SERIES_VALUE = {"type": "number", "minimum": -MAX_VALUE, "maximum": MAX_VALUE}

TIME = {
    "type": "string",
    "title": "Time",
    "description": "When the value was observed, in any form; it is returned as it is, and not looked at.",
    "maxLength": 64,
}

INPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Next value",
    "description": "The next value of a series whose values are equally far apart in time.",
    "properties": {
        "value": SERIES_VALUE
        | {"title": "Value", "description": "The value to judge, in the unit of the series, which may be any."},
        "time": TIME,
        "history": {
            "type": "array",
            "title": "History",
            "description": "The values before it, oldest first: learned first, not judged. A session remembers what it"
            " was given, and needs none.",
            "items": SERIES_VALUE,
            "maxItems": MAX_HISTORY,
            "default": [],
        },
        "parameters": SESSION_SCHEMA
        | {"description": "What is known about the series. A session forgets all, and begins a series with them."},
    },
    "required": ["value"],
    "additionalProperties": False,
}

OUTPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Judgement",
    "properties": {
        "value": {"type": "number", "title": "Value", "description": "As given."},
        "time": TIME | {"description": "As given."},
        "expected": {
            "type": ["number", "null"],
            "title": "Expected value",
            "description": "What was expected before the value was seen, in the unit of the series; null during the"
            " first season (at least 2 values).",
        },
        "score": {
            "type": "number",
            "title": "Score",
            "description": "How unusual the value is: the probability of an error smaller than this one, if errors are"
            " normally distributed and as large as they usually are. 0.68 is one standard deviation off, 0.95 two,"
            " 0.997 three. 0 until the usual size of errors is known, which takes another season (at least 10 values).",
            "minimum": 0,
            "maximum": 1,
        },
        "alarm": {
            "type": "boolean",
            "title": "Alarm",
            "description": "Whether the score has reached the threshold.",
        },
    },
    "required": ["value", "expected", "score", "alarm"],
    "additionalProperties": False,
}
