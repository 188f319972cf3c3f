"""Where in a document a schema has tensors: takes them out, so that the rest is JSON, and puts others in."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from tornado_ml.errors import Fault, ModelRefused
from tornado_ml.models.fault_messages import MAX_FAULTS
from tornado_ml.models.json_pointer import json_pointer
from tornado_ml.models.json_schema import local_target, subschemas
from tornado_ml.models.tensors import KEYWORD, Keys, TensorType

_ANNOTATIONS = {
    *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$anchor"),
    KEYWORD,
}
_NULL = ({"type": "null"}, {"const": None}, {"enum": [None]})

_STAND_IN = True
_STAND_IN_SCHEMA = {"not": {"type": "null"}}
"""What a tensor that was taken out leaves behind, and what takes the place of its schema."""


class Found(NamedTuple):
    """What stood at a place for a tensor."""

    keys: Keys
    type: TensorType
    value: Any


@dataclass(slots=True)
class _Place:
    """What a subschema says of the tensors in a value."""

    tensor: TensorType | None = None
    same: list[_Place] = field(default_factory=list)
    """What else is said of the value itself."""
    but_null: list[_Place] = field(default_factory=list)
    """What is said of it unless it is null."""
    named: dict[str, _Place] = field(default_factory=dict)
    others: _Place | None = None
    """Of the values of all other keys."""
    first: list[_Place] = field(default_factory=list)
    rest: _Place | None = None
    """Of the items behind the first."""
    elsewhere: dict[Keys, _Place] = field(default_factory=dict)
    """What stands where no tensor can be served."""

    def parts(self) -> Iterator[_Place]:
        yield from (*self.same, *self.but_null, *self.named.values(), *self.first)
        yield from (part for part in (self.others, self.rest) if part is not None)


class TensorPlaces:
    """The tensors of a schema, which has some.

    Attributes:
        rest: the schema of what is left when they are taken out.
    """

    def __init__(self, schema: Mapping[str, Any], top: _Place) -> None:
        self._top = top
        self.rest = copy.deepcopy(dict(schema))
        for _, subschema in subschemas(self.rest):
            if KEYWORD in subschema:
                anchor = {key: value for key, value in subschema.items() if key == "$anchor"}
                subschema.clear()
                subschema |= anchor | _STAND_IN_SCHEMA

    def taken_from(self, value: Any) -> tuple[Any, list[Found]]:
        """A copy of a document or a prediction without what stands in the places for tensors, and that."""
        found: list[Found] = []
        return _without(self._top, value, (), found), found

    def faults(self, found: Iterable[Found]) -> list[Fault]:
        """What is wrong with tensors that were sent."""
        return list(
            islice(
                (
                    Fault(json_pointer((*tensor.keys, *keys)), message)
                    for tensor in found
                    for keys, message in tensor.type.problems(tensor.value)
                ),
                MAX_FAULTS,
            )
        )


def put_back(rest: Any, values: Iterable[tuple[Keys, Any]]) -> Any:
    """What tensors were taken from, with other values in their places; it may be changed for that."""
    for keys, value in values:
        if not keys:
            return value
        container = rest
        for key in keys[:-1]:
            container = container[key]
        container[keys[-1]] = value
    return rest


def tensor_places(schema: dict[str, Any]) -> TensorPlaces | None:
    """The places for tensors in a schema; None if it has none.

    Raises:
        ModelRefused: one stands where it cannot be served.
    """
    if not any(KEYWORD in subschema for _, subschema in subschemas(schema)):
        return None
    top = _Reading(schema).top
    return None if top is None else TensorPlaces(schema, top)


def with_forms(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema` with a description of what may stand there beside each `x-tensor`, for who does not know it.

    Raises:
        ModelRefused: an author has said more of a tensor than `x-tensor` and annotations.
    """
    described = copy.deepcopy(schema)
    for keys, subschema in subschemas(described):
        if KEYWORD in subschema:
            form = TensorType.declared(subschema[KEYWORD]).form()
            said = {key: value for key, value in subschema.items() if key not in _ANNOTATIONS}
            if said and said != form:
                raise ModelRefused(
                    f"The schema has {', '.join(said)} beside {KEYWORD} at {json_pointer(keys) or 'the top'}, which"
                    " says all there is to say of a tensor, but for a title, a description and the like."
                )
            subschema |= form
    return described


class _Reading:
    """Reads a schema, and leaves out what has no tensors.

    Attributes:
        top: of the whole document; None if there is no tensor that could be reached.
    """

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._references: dict[str, _Place] = {}
        self._all: list[_Place] = []
        top = self._read(root, ())
        having = self._having_tensors()
        for place in self._all:
            for keys, part in place.elsewhere.items():
                if id(part) in having:
                    raise ModelRefused(
                        f"The schema has {KEYWORD} below {json_pointer(keys)}: a tensor can stand under properties,"
                        " additionalProperties, items, prefixItems and $ref, and in anyOf or oneOf beside null alone."
                    )
            _prune(place, having)
        self.top = top if id(top) in having else None

    def _read(self, schema: Any, keys: Keys) -> _Place:
        place = _Place()
        self._all.append(place)
        if not isinstance(schema, dict):
            return place
        if KEYWORD in schema:
            place.tensor = TensorType.declared(schema[KEYWORD])
            return place
        for name, value in schema.items():
            match name:
                case "$ref" | "$dynamicRef":
                    place.same.append(self._referenced(value))
                case "properties":
                    place.named = {key: self._read(part, (*keys, name, key)) for key, part in value.items()}
                case "additionalProperties" if "patternProperties" not in schema:
                    place.others = self._read(value, (*keys, name))
                case "prefixItems":
                    place.first = [self._read(part, (*keys, name, index)) for index, part in enumerate(value)]
                case "items":
                    place.rest = self._read(value, (*keys, name))
                case "anyOf" | "oneOf" if (
                    len(forms := [(i, part) for i, part in enumerate(value) if part not in _NULL]) == 1
                ):
                    ((index, form),) = forms
                    place.but_null.append(self._read(form, (*keys, name, index)))
                case "$defs" | "definitions":
                    pass  # where they are referred to
                case _:
                    self._read_elsewhere(place, {name: value}, keys)
        return place

    def _read_elsewhere(self, place: _Place, schema: dict[str, Any], keys: Keys) -> None:
        # Where no tensor can stand none may be reached, by references either.
        for inner, subschema in subschemas(schema)[1:]:
            place.elsewhere[*keys, *inner] = self._read(subschema, (*keys, *inner))

    def _referenced(self, reference: str) -> _Place:
        if reference not in self._references:
            keys, target = local_target(self._root, reference)
            # Stands in while the target, which may refer to itself, is read.
            stand_in = self._references[reference] = _Place()
            self._all.append(stand_in)
            stand_in.same.append(self._read(target, keys))
        return self._references[reference]

    def _having_tensors(self) -> set[int]:
        having = {id(place) for place in self._all if place.tensor is not None}
        while more := {
            id(place)
            for place in self._all
            if id(place) not in having and any(id(part) in having for part in place.parts())
        }:
            having |= more
        return having


def _prune(place: _Place, having: set[int]) -> None:
    place.same = [part for part in place.same if id(part) in having]
    place.but_null = [part for part in place.but_null if id(part) in having]
    if id(place.others) not in having:
        place.others = None
        # With others, the names are needed to tell them apart.
        place.named = {key: part for key, part in place.named.items() if id(part) in having}
    if id(place.rest) not in having:
        place.rest = None
        if not any(id(part) in having for part in place.first):
            place.first = []


def _without(place: _Place, value: Any, keys: Keys, found: list[Found]) -> Any:
    if place.tensor is not None:
        found.append(Found(keys, place.tensor, value))
        return _STAND_IN
    for part in place.same if value is None else (*place.same, *place.but_null):
        value = _without(part, value, keys, found)
    if (place.named or place.others) and isinstance(value, Mapping):
        value = dict(value)
        for key in value if place.others else [key for key in place.named if key in value]:
            if (inner := place.named.get(key, place.others)) is not None:
                value[key] = _without(inner, value[key], (*keys, key), found)
    elif (place.first or place.rest) and _is_sequence(value):
        value = list(value)
        for index, part in enumerate(place.first[: len(value)]):
            value[index] = _without(part, value[index], (*keys, index), found)
        if place.rest is not None:
            for index in range(len(place.first), len(value)):
                value[index] = _without(place.rest, value[index], (*keys, index), found)
    return value


def _is_sequence(value: Any) -> bool:
    """Whether it has items: an array may be given for an array of tensors."""
    return isinstance(value, list | tuple) or len(getattr(value, "shape", ())) > 0
