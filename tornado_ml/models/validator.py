"""One compiled JSON Schema: the judge of every document on the request path, and its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from tornado_ml.errors import Fault, ModelRefused
from tornado_ml.models.fault_messages import MAX_FAULTS, faults_of, shortened
from tornado_ml.models.json_pointer import json_pointer
from tornado_ml.models.json_schema import (
    DRAFT_2020_12,
    plain_schema,
    refuse_remote,
    subschemas,
    with_patterns,
)
from tornado_ml.models.plain_data import NotPlain, is_json, plain
from tornado_ml.models.tensor_places import tensor_places


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
        self._tensors = tensor_places(schema)
        if self._tensors is not None:
            schema = self._tensors.rest
        for _, subschema in subschemas(schema):
            if subschema.get("additionalProperties") is False:
                subschema.setdefault("properties", {})  # without, jsonschema-rs does not say which keys are unexpected
        self._compiled = _compiled(schema)

    def fits(self, document: object) -> bool:
        """Whether `document` is JSON data, but for its tensors, that fits the schema; NaN and Infinity fit nothing."""
        try:
            rest = document if self._tensors is None else self._tensors.taken_from(document)[0]
            # To the compiled validator NaN and Infinity are null, and what it need not look at may be anything.
            return self.fits_plain(document) and is_json(rest)
        except RecursionError:
            return False

    def fits_plain(self, document: object) -> bool:
        """The same, sooner, of what a JSON parser or `plain_data.plain` makes."""
        try:
            if self._tensors is None:
                return bool(self._compiled.is_valid(document))
            rest, found = self._tensors.taken_from(document)
            return not self._tensors.faults(found) and bool(self._compiled.is_valid(rest))
        except (ValueError, RecursionError):  # something in it is no JSON data
            return False

    def faults(self, document: object) -> list[Fault]:
        """What is wrong with `document`; at most `MAX_FAULTS`, and none exactly if it fits."""
        rest, faults = document, []
        try:
            if self._tensors is not None:
                rest, found = self._tensors.taken_from(document)
                faults = self._tensors.faults(found)
            if is_json(rest):
                return [*faults, *faults_of(self._compiled.iter_errors(rest))][:MAX_FAULTS]
        except (ValueError, RecursionError):  # something in it is no JSON data
            pass
        return [*faults, _not_plain(rest)][:MAX_FAULTS]


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
