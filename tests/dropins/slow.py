"""A model that takes its time."""

import time
from typing import Any

from marshmallow import Schema, fields, validate

from tornado_ml import MLModel, hookimpl


class SlowInput(Schema):
    seconds = fields.Float(required=True, validate=validate.Range(min=0, max=10), metadata={"x-unit": "s"})


class SlowOutput(Schema):
    slept = fields.Float(required=True)


class Slow(MLModel):
    executor = "thread"  # a worker process for each test would take its time
    qualified_name = "slow"
    display_name = "Slow"
    description = "Sleeps as long as it is told to."
    major_version = 1
    minor_version = 0
    input_schema = SlowInput
    output_schema = SlowOutput

    def predict(self, data: Any) -> Any:
        time.sleep(data["seconds"])
        return {"slept": data["seconds"]}


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [Slow]
