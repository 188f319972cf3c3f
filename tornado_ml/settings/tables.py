"""From dataclasses of settings to the marshmallow schemas that judge tables of them."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError, validates_schema

from tornado_ml.settings.kinds import Kind, each

T = TypeVar("T")


def setting(kind: Kind[T], default: T, description: str) -> T:
    """A field of a settings dataclass."""
    return dataclasses.field(default=default, metadata={"kind": kind, "description": description})


def required(kind: Kind[T], description: str, *, example: T) -> T:
    """A field that must be given; the documentation shows `example` in its place."""
    kind.required = True
    kind.error_messages["required"] = f"is missing; it must be {kind.wants}"
    # dataclasses.field without a default is no value of T to mypy, whatever it is a field of.
    metadata = {"kind": kind, "description": description, "example": example}
    return dataclasses.field(metadata=metadata)  # type: ignore[no-any-return]


def kinds_of(declared: type) -> dict[str, Kind[Any]]:
    return {field.name: field.metadata["kind"] for field in dataclasses.fields(declared)}


class Table(Schema):
    """Loads what is given and leaves out what is not, so that layers can be merged before defaults come in."""

    class Meta:
        unknown = EXCLUDE  # refused below, where the message can help

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_unknown_keys(self, _data: object, original: Mapping[str, Any], **_: object) -> None:
        unknown = {key: [f"is unknown; {suggestion(key, self.fields)}"] for key in original if key not in self.fields}
        if unknown:
            raise ValidationError(unknown)


def table_of(kinds: Mapping[str, Kind[Any]]) -> Schema:
    return Table.from_dict(dict(kinds))()


class Section(Kind[dict[str, Any]]):
    """A table whose keys are the fields of the dataclass `declared`."""

    def __init__(self, declared: type) -> None:
        super().__init__("a table")
        self.declared = declared
        self.kinds = kinds_of(declared)
        self.table = table_of(self.kinds)

    def accept(self, value: Any) -> dict[str, Any] | None:
        return self.table.load(value) if isinstance(value, Mapping) else None

    def build(self, accepted: Mapping[str, Any]) -> Any:
        return self.declared(**{key: self.kinds[key].build(value) for key, value in accepted.items()})


def section(declared: type[T]) -> T:
    """A field of the settings that is such a table, and there even if nobody writes it."""
    return dataclasses.field(default_factory=declared, metadata={"kind": Section(declared)})


class Named(Kind[dict[str, dict[str, Any]]]):
    """A table of tables under names that the operator chooses."""

    def __init__(self, section: Section) -> None:
        super().__init__("a table of tables")
        self.section = section

    def accept(self, value: Any) -> dict[str, dict[str, Any]] | None:
        return each(self.section, value.items()) if isinstance(value, Mapping) else None

    def build(self, accepted: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {name: self.section.build(table) for name, table in accepted.items()}


class Entry(Kind[T]):
    """A table in a list: never merged with another, so it is an object of `declared` at once."""

    def __init__(self, declared: type[T]) -> None:
        super().__init__("a table")
        self.declared = declared
        self._table = table_of(kinds_of(declared))

    def accept(self, value: Any) -> T | None:
        return self.declared(**self._table.load(value)) if isinstance(value, Mapping) else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """What the person who wrote `name` probably meant, or else what there is."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}"
