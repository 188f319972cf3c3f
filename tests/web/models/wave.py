"""A model that tells how unusual a value is, and a source that is as fast as a screen."""

import asyncio
import itertools
import math
import time

from tornado_ml import MLModel, Source, hookimpl

RATE_HZ = 60


class Wave(MLModel):
    qualified_name = "wave"
    display_name = "Wave"
    description = "Tells how far a value is from nothing."
    major_version = 1
    minor_version = 0
    executor = "inline"
    input_schema = {"type": "object", "properties": {"value": {"type": "number"}, "at": {"type": "string"}}}
    output_schema = {
        "type": "object",
        "properties": {
            "at": {"type": "string", "title": "At"},
            "value": {"type": "number", "title": "Value", "x-unit": "mV"},
            "expected": {"type": "number", "title": "Expected", "x-unit": "mV"},
            "score": {"type": "number", "title": "Score", "minimum": 0, "maximum": 1},
            "alarm": {"type": "boolean", "title": "Alarm"},
        },
    }

    def predict(self, data):
        score = min(1.0, abs(data["value"]) / 4)
        return {**data, "expected": round(data["value"] * 0.9, 3), "score": score, "alarm": score > 0.95}


class Ticking(Source):
    name = "ticking"
    description = "Sixty values a second."
    model_qualified_name = "wave"

    async def inputs(self):
        due_s = time.monotonic()
        for number in itertools.count():
            yield {"value": round(3 * math.sin(number / 20) + math.sin(number / 7), 3), "at": f"no. {number}"}
            # What is late is caught up with, but never at once: a burst would be thinned.
            due_s = max(due_s + 1 / RATE_HZ, time.monotonic() + 0.5 / RATE_HZ)
            await asyncio.sleep(due_s - time.monotonic())


@hookimpl
def register_models():
    return [Wave]


@hookimpl
def register_sources():
    return [Ticking()]
