"""One compiled JSON Schema: the judge of every document on the request path, and its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from tornado_ml.errors import Fault, ModelRefused
from tornado_ml.models.fault_messages import faults_of, shortened
from tornado_ml.models.json_pointer import json_pointer
from tornado_ml.models.json_schema import (
    DRAFT_2020_12,
    plain_schema,
    refuse_remote,
    subschemas,
    with_patterns,
)
from tornado_ml.models.plain_data import NotPlain, is_finite, plain


class Validator:
    """A JSON Schema 2020-12, compiled once; formats are checked, references are local, nothing is ever fetched.

    Raises:
        ModelRefused: `json_schema` is not a valid 2020-12 schema, or refers to another document.
    """

    def __init__(self, json_schema: Mapping[str, Any]) -> None:
        schema = plain_schema(json_schema)
        draft = schema.pop("$schema", DRAFT_2020_12)
        if draft not in (DRAFT_2020_12, DRAFT_2020_12 + "#"):
            raise ModelRefused(f"The JSON Schema declares $schema {draft!r}; it must be 2020-12.")
        refuse_remote(schema)
        for _, subschema in subschemas(schema):
            if subschema.get("additionalProperties") is False:
                subschema.setdefault("properties", {})  # without, jsonschema-rs does not say which keys are unexpected
        self._compiled = _compiled(schema)

    def fits(self, document: object) -> bool:
        """Whether `document` is JSON data that fits the schema; NaN and Infinity fit nothing."""
        try:
            # To the compiled validator NaN and Infinity are null.
            return bool(self._compiled.is_valid(document)) and is_finite(document)
        except ValueError:  # something in it is no JSON data
            return False

    def fits_plain(self, document: object) -> bool:
        """The same, sooner, of data whose numbers are all finite, such as a JSON parser or `plain_data.plain` makes."""
        return bool(self._compiled.is_valid(document))

    def faults(self, document: object) -> list[Fault]:
        """What is wrong with `document`; at most `MAX_FAULTS`, and none exactly if it fits."""
        try:
            if is_finite(document):
                return faults_of(self._compiled.iter_errors(document))
        except ValueError:  # something in it is no JSON data
            pass
        return [_not_plain(document)]


def _compiled(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    def compiled(engine: Any) -> jsonschema_rs.Validator:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True, pattern_options=engine)

    try:
        return with_patterns(compiled)
    except jsonschema_rs.ValidationError as error:
        place = json_pointer(error.instance_path) or "the top"
        raise ModelRefused(f"The JSON Schema is not valid at {place}: {shortened(error.message)}.") from None
    except ValueError as error:
        raise ModelRefused(f"The JSON Schema is not valid: {shortened(str(error))}.") from None


def _not_plain(document: object) -> Fault:
    try:
        plain(document)
    except NotPlain as error:
        return error.fault
    return Fault("", "holds values that are not plain JSON data")
