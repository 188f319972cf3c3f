"""marshmallow's nested error messages → faults with JSON Pointers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import marshmallow as ma
from marshmallow import fields
from marshmallow.exceptions import SCHEMA

from tornado_ml.errors import Fault
from tornado_ml.models.fault_messages import MAX_FAULTS, shortened
from tornado_ml.models.json_pointer import json_pointer

_Keys = tuple[str | int, ...]


def faults_in(messages: Any, schema: ma.Schema) -> list[Fault]:
    """At most `MAX_FAULTS` of the faults in the messages of a `ValidationError` of `schema`."""
    return list(islice(_faults(messages, schema, ()), MAX_FAULTS))


def _faults(messages: Any, of: Any, keys: _Keys) -> Iterator[Fault]:
    """The faults under `keys`; `of` is the schema or field whose messages these are, None if that is not known."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            if key == SCHEMA:
                yield from _faults(inner, of, keys)
            elif isinstance(of, fields.Dict) and isinstance(inner, dict):
                # {"key": [...], "value": [...]} under each key of the document
                for part in inner.items():
                    yield from _faults(part[1], of.value_field if part[0] == "value" else None, (*keys, key))
            elif isinstance(of, fields.Pluck) and not isinstance(key, int):
                yield from _faults(inner, None, keys)
            else:
                yield from _faults(inner, _part(of, key), (*keys, key))
    elif isinstance(messages, list | tuple):
        for message in messages:
            yield from _faults(message, of, keys)
    else:
        yield Fault(json_pointer(keys), shortened(str(messages)))


def _part(of: Any, key: str | int) -> Any:
    if isinstance(of, fields.Nested):
        of = of if isinstance(key, int) else of.schema
    if isinstance(key, int):
        if isinstance(of, fields.List):
            return of.inner
        if isinstance(of, fields.Tuple):
            return of.tuple_fields[key] if key < len(of.tuple_fields) else None
        return of  # one of many
    if isinstance(of, ma.Schema):
        for name, field in of.fields.items():
            if key == (name if field.data_key is None else field.data_key):
                return field
    return None
