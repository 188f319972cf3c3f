"""A model that remembers, and a source that ticks."""

import asyncio
import math

from tornado_ml import MLModel, ModelSession, Source, hookimpl

MEASURED = {"type": "number", "x-unit": "mV"}


class Following(ModelSession):
    """Expects what it saw last, and alarms at a jump."""

    def __init__(self, jump):
        self.jump = jump
        self.last = None

    def predict(self, data):
        value, expected = data["value"], self.last
        self.last = value
        score = 0.0 if expected is None else min(1.0, abs(value - expected) / self.jump)
        return {"beat": data.get("beat", ""), "value": value, "expected": expected, "score": score, "alarm": score >= 1}


class Pulse(MLModel):
    qualified_name = "pulse"
    display_name = "Pulse"
    description = "Remembers the last value, and tells how far the next one is from it."
    major_version = 1
    minor_version = 0
    executor = "thread"
    input_schema = {
        "type": "object",
        "properties": {"value": MEASURED | {"title": "Value"}, "beat": {"type": "string", "title": "Beat"}},
        "required": ["value"],
    }
    output_schema = {
        "type": "object",
        "properties": {
            "beat": {"type": "string", "title": "Beat"},
            "value": MEASURED | {"title": "Value"},
            "expected": MEASURED | {"type": ["number", "null"], "title": "Expected"},
            "score": {"type": "number", "title": "Score", "minimum": 0, "maximum": 1},
            "alarm": {"type": "boolean", "title": "Alarm"},
        },
    }
    session_schema = {
        "type": "object",
        "properties": {"jump": {"type": "number", "title": "Jump", "exclusiveMinimum": 0, "x-unit": "mV"}},
    }
    examples = ({"value": 1.5}, {"value": 4})

    def predict(self, data):
        return Following(1).predict(data)

    def open_session(self, parameters):
        return Following(parameters.get("jump", 1))


class Beat(Source):
    name = "beat"
    description = "A wave that jumps now and then, twenty values a second."
    model_qualified_name = "pulse"
    session_parameters = {"jump": 2}

    async def inputs(self):
        beat = 0
        while True:
            value = 3 * math.sin(beat / 8) + math.sin(beat / 3) + (5 if beat % 60 == 40 else 0)
            yield {"value": round(value, 3), "beat": f"no. {beat}"}
            beat += 1
            await asyncio.sleep(0.05)


@hookimpl
def register_models():
    return [Pulse]


@hookimpl
def register_sources():
    return [Beat()]
