"""A schema declared with marshmallow: the JSON Schema made of it judges, marshmallow does what only it can do."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import marshmallow as ma

from tornado_ml.errors import InvalidInput, InvalidOutput, ModelRefused
from tornado_ml.models.json_declaration import Direction, conversions
from tornado_ml.models.json_schema import plain_schema
from tornado_ml.models.marshmallow_dump import StrictDump, loading_what_it_dumps
from tornado_ml.models.marshmallow_faults import faults_in
from tornado_ml.models.marshmallow_schema import convert
from tornado_ml.models.plain_data import NotPlain
from tornado_ml.models.tensor_places import with_forms
from tornado_ml.models.validator import Validator


def is_marshmallow(schema: object) -> bool:
    return isinstance(schema, ma.Schema) or (isinstance(schema, type) and issubclass(schema, ma.Schema))


class MarshmallowDeclaration:
    """marshmallow is at work only where it makes something else of a document, or has rules the JSON Schema has not."""

    def __init__(self, schema: ma.Schema | type[ma.Schema], direction: Direction) -> None:
        try:
            self._schema = schema() if isinstance(schema, type) else schema
            converted = convert(self._schema, direction)
        except (ValueError, TypeError, LookupError, NameError) as error:
            raise ModelRefused(f"marshmallow cannot use the schema: {error}") from error
        self.json_schema = with_forms(plain_schema(converted.json_schema))
        self._validator = Validator(self.json_schema)
        self._convert, self._plain = conversions(self.json_schema)
        self._transforms = converted.transforms
        self._has_rules = converted.has_rules
        self._strict_dump = StrictDump(self._schema)

    def load(self, document: Any) -> Any:
        """The document as it was sent, or what marshmallow loads of it where the schema deserialises."""
        if self._convert is not None:
            document = self._convert(document)
        if not (self._transforms or self._has_rules):
            return document
        try:
            loaded = self._schema.load(document)
        except ma.ValidationError as error:
            raise InvalidInput(details=faults_in(error.messages, self._schema)) from error
        return loaded if self._transforms else document

    def dump(self, value: Any) -> Any:
        """The prediction as the schema writes it; nothing is coerced into fitting.

        The rules that JSON Schema cannot say are asked about here as well, where the JSON Schema is fitted.
        """
        document = self._written(value)
        if self._has_rules and self._validator.fits(document):
            errors = self._loading.validate(document if self._convert is None else self._convert(document))
            if errors:
                raise InvalidOutput(details=faults_in(errors, self._schema))
        return document

    @cached_property
    def _loading(self) -> ma.Schema:
        return loading_what_it_dumps(self._schema)

    def _written(self, value: Any) -> Any:
        if not self._transforms and isinstance(value, dict | list):
            try:
                return self._plain(value)
            except NotPlain:
                pass  # an object in it, perhaps, whose attributes the schema names
        try:
            return self._plain(self._strict_dump(value))
        except NotPlain as error:
            raise InvalidOutput(details=[error.fault]) from error
        except ma.ValidationError as error:  # from a hook
            raise InvalidOutput(details=faults_in(error.messages, self._schema)) from error
