"""One compiled JSON Schema: the judge of every document on the request path, and its explanation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from tornado_ml.errors import Fault, ModelRefused
from tornado_ml.models.fault_messages import faults_of, shortened
from tornado_ml.models.json_pointer import json_pointer
from tornado_ml.models.json_schema import (
    DRAFT_2020_12,
    local_target,
    plain_schema,
    refuse_remote,
    subschemas,
    with_patterns,
)
from tornado_ml.models.plain_data import NotPlain, plain


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
        self._keeps_null_out = _keeps_null_out(schema, schema)

    def fits(self, document: object) -> bool:
        """Whether `document` fits the schema.

        It is taken for plain JSON data; what is not, such as NaN, fits nothing.
        """
        try:
            fits = self._compiled.is_valid(document)
        except ValueError:  # something in it is no JSON data
            return False
        # To the compiled validator NaN and Infinity are null.
        return fits and (self._keeps_null_out or _is_finite(document))

    def fits_plain(self, document: object) -> bool:
        """Whether plain JSON data fits the schema, as a JSON parser or `plain_data.plain` has made it: in it all
        numbers are finite, so that need not be looked at.
        """
        return bool(self._compiled.is_valid(document))

    def faults(self, document: object) -> list[Fault]:
        """What is wrong with `document`; at most `MAX_FAULTS`, and none exactly if it fits."""
        try:
            if _is_finite(document):
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


def _keeps_null_out(
    schema: Any, root: dict[str, Any], above: frozenset[str] = frozenset(), here: frozenset[str] = frozenset()
) -> bool:
    """Whether it is certain that no document that fits holds null anywhere.

    `above` and `here` are the references being followed, in the objects and arrays around this value, and for the value
    itself. Null would stand at some finite depth: so a schema that refers to itself for what is inside it keeps null
    out if everything else in it does.
    """
    if not isinstance(schema, dict):
        return schema is False
    if "enum" in schema and not any(map(_holds_null, schema["enum"])):
        return True
    if "const" in schema and not _holds_null(schema["const"]):
        return True
    reference = schema.get("$ref")
    if reference is not None and reference not in here:
        target = local_target(root, reference)[1]
        if reference in above or _keeps_null_out(target, root, above, here | {reference}):
            return True

    def closed(part: Any) -> bool:
        return _keeps_null_out(part, root, above, here)

    if any(map(closed, schema.get("allOf", ()))):
        return True
    if any(name in schema and all(map(closed, schema[name])) for name in ("anyOf", "oneOf")):
        return True
    types = schema.get("type", "null")
    types = [types] if isinstance(types, str) else types
    if "null" in types:
        return False
    inner: list[Any] = []
    if "object" in types:
        inner += [schema.get("additionalProperties", True), *schema.get("properties", {}).values()]
        inner += schema.get("patternProperties", {}).values()
    if "array" in types:
        inner += [schema.get("items", True), *schema.get("prefixItems", ())]
    return all(_keeps_null_out(part, root, above | here) for part in inner)


def _holds_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_null, value.values()))
    return any(map(_holds_null, value)) if isinstance(value, list) else value is None


def _is_finite(document: object) -> bool:
    """Whether there is no NaN and no Infinity in the document."""
    if isinstance(document, float):
        return math.isfinite(document)
    if isinstance(document, dict):
        document = list(document.values())
    if not isinstance(document, list | tuple) or not document:
        return True
    if isinstance(document[0], float | int):
        try:
            if math.isfinite(sum(document)):  # quicker than to look at each, and NaN and Infinity do not get lost in it
                return True
        except (TypeError, OverflowError):
            pass
    return all(map(_is_finite, document))
