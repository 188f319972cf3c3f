"""What messages carry."""

from __future__ import annotations

import pytest
from marshmallow import Schema

from tornado_ml.models.schema import declare
from tornado_ml.protocol import payloads

SCHEMAS = [
    value
    for value in vars(payloads).values()
    if isinstance(value, type) and issubclass(value, payloads.MessageSchema) and value is not payloads.MessageSchema
]

SPEAK_FOR_THEMSELVES = {
    "FaultDocument",
    "PredictionResponseMeta",
    "PushedPredictionMeta",
    "ConnectionLimitsDocument",
    "WelcomeData",
}
"""Documents with fields whose names say all there is to say."""


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_document_refuses_unknown_keys_but_that_of_a_ping(schema: type[Schema]) -> None:
    closed = declare(schema).json_schema["additionalProperties"] is False
    assert closed == (schema is not payloads.PingData)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_document_has_a_json_schema_whose_fields_say_what_they_mean(schema: type[Schema]) -> None:
    described = declare(schema, direction="output").json_schema
    assert described["type"] == "object"
    for name, field in described["properties"].items():
        if schema.__name__ not in SPEAK_FOR_THEMSELVES:
            assert field.get("description"), f"{schema.__name__}.{name}"
