"""The law of the conversion: what the validator made of a marshmallow schema accepts, marshmallow accepts too.

Schemas are drawn with everything the conversion says in JSON Schema alone, then documents that fit that JSON Schema, or
nearly do: so a conversion that is looser than its schema shows.
"""

from __future__ import annotations

import enum
import re
from typing import Any

import marshmallow as ma
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from marshmallow import fields, validate

from tornado_ml.models.number_types import number_conversion
from tornado_ml.models.schema import Validator, declare

DRAWN = settings(
    max_examples=settings.default.max_examples * 13 // 10, deadline=None, suppress_health_check=list(HealthCheck)
)

NAMES = ("a", "b", "c")
PATTERNS = (r"[a-c]+$", r"\d", r"^\w{1,3}\Z", r"a|bb?$", r"[^\d\s]", r"(?i)x[k-m]", r".*\.png$", r"[a-c]+1?[a-c]+")
TEXTS = ("", "a", "bb", "abc", "1", "x1", "xK", "é", "٣", "a\n", " ", "a.png", "\x1c", "red", "ſ")
NUMBERS = (-2, -1, 0, 1, 2, 3, 10, 0.0, 1.0, 0.5, -0.5, 1.5, 2.0000001)
HUGE = (1e300, 2**53, 2**53 + 1, -(2**63), 2**64 - 1)
SIMPLE = (*TEXTS, *NUMBERS, *HUGE, True, False, None)


class Colour(enum.Enum):
    RED = "red"
    ONE = 1
    HALF = 0.5


class Schemas:
    """Draws marshmallow schemas."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def of(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))

    def some(self, values: tuple[Any, ...], most: int = 4) -> list[Any]:
        return self.draw(st.lists(st.sampled_from(values), max_size=most))

    def schema(self, depth: int) -> ma.Schema:
        declared = {name: self.field(depth) for name in self.some(NAMES, 3) or ["a"]}
        for name, field in declared.items():
            field.required = self.of(True, False)
            field.data_key = self.of(None, None, f"key of {name}")
            if not field.required and self.of(True, False, False):
                field.load_default = None
        made: type[ma.Schema] = ma.Schema.from_dict(declared, name="DrawnSchema")  # type: ignore[arg-type]
        return made(
            many=self.of(False, False, True),
            partial=self.of(None, None, True, ("a",), ("b.c",)),
            unknown=self.of(ma.RAISE, ma.INCLUDE, ma.EXCLUDE),
        )

    def field(self, depth: int) -> fields.Field[Any]:
        kinds = [self.string, self.integer, self.float, self.boolean, self.raw, self.enum]
        if depth:
            kinds = [*kinds[:3], self.list, self.tuple, self.dict, self.nested]
        field = self.of(*kinds)(depth - 1)
        field.allow_none = self.of(False, False, True)
        return field

    def string(self, _: int) -> fields.Field[Any]:
        return fields.String(validate=self.rules(self.length, self.regexp, self.choice(TEXTS)))

    def integer(self, _: int) -> fields.Field[Any]:
        rules = self.rules(self.range, self.choice((*NUMBERS, True)))
        return fields.Integer(strict=self.of(True, False), validate=rules)

    def float(self, _: int) -> fields.Field[Any]:
        return fields.Float(validate=self.rules(self.range, self.choice(NUMBERS)))

    def boolean(self, _: int) -> fields.Field[Any]:
        return fields.Boolean(validate=self.rules(self.choice((True, False, 0, 1, None))))

    def raw(self, _: int) -> fields.Field[Any]:
        return fields.Raw(validate=self.rules(self.choice((*TEXTS, *NUMBERS, True, False, None))))

    def enum(self, _: int) -> fields.Field[Any]:
        return fields.Enum(Colour, by_value=self.of(True, False))

    def list(self, depth: int) -> fields.Field[Any]:
        if depth and self.of(True, False):
            return fields.List(self.field(depth), validate=self.rules(self.length))
        return fields.List(self.field(0), validate=self.rules(self.length, self.members))

    def tuple(self, depth: int) -> fields.Field[Any]:
        parts = [self.field(depth) for _ in range(self.of(0, 1, 2))]
        return fields.Tuple(parts, validate=self.rules(self.length))

    def dict(self, depth: int) -> fields.Field[Any]:
        keys = self.of(None, self.string(0), fields.Enum(Colour), fields.Integer())
        values = self.of(None, self.field(depth))
        return fields.Dict(keys=keys, values=values, validate=self.rules(self.length))

    def nested(self, depth: int) -> fields.Field[Any]:
        return fields.Nested(
            self.schema(depth), many=self.of(None, None, True), unknown=self.of(None, ma.RAISE, ma.INCLUDE)
        )

    def rules(self, *kinds: Any) -> list[Any]:
        rules = [kind() for kind in self.some(kinds, 2)]
        return [validate.And(*rules)] if self.of(True, False, False) else rules

    def range(self) -> validate.Range:
        least, most = self.of(None, *NUMBERS), self.of(None, *NUMBERS)
        return validate.Range(least, most, min_inclusive=self.of(True, False), max_inclusive=self.of(True, False))

    def length(self) -> validate.Length:
        if self.of(True, False, False):
            return validate.Length(equal=self.of(0, 1, 2))
        return validate.Length(min=self.of(None, 0, 1, 2), max=self.of(None, 1, 2, 4))

    def regexp(self) -> validate.Regexp:
        return validate.Regexp(self.of(*PATTERNS), self.of(0, 0, re.IGNORECASE, re.ASCII))

    def choice(self, values: tuple[Any, ...]) -> Any:
        def rule() -> Any:
            some = self.of(list, tuple)(self.some(values, 5))
            return self.of(validate.OneOf, validate.NoneOf, lambda _: validate.Equal(self.of(*values)))(some)

        return rule

    def members(self) -> Any:
        return self.of(validate.ContainsOnly, validate.ContainsNoneOf)(self.some((*TEXTS, *NUMBERS, True, None)))


class Documents:
    """Draws documents that fit a JSON Schema such as the conversion makes, or nearly do."""

    def __init__(self, draw: st.DrawFn, root: dict[str, Any]) -> None:
        self.draw = draw
        self.root = root

    def of(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))

    def document(self, schema: dict[str, Any]) -> Any:
        if not self.draw(st.integers(0, 15)):
            return self.of(*SIMPLE)
        if "$ref" in schema:
            return self.document(self.root["$defs"][schema["$ref"].rsplit("/", 1)[1]])
        if "anyOf" in schema:
            return self.document(self.of(*schema["anyOf"]))
        if schema.get("enum"):
            return self.of(*schema["enum"])
        types = schema.get("type", ("string", "number", "null"))
        match types if isinstance(types, str) else self.of(*types):
            case "object":
                return self.object(schema)
            case "array":
                return self.array(schema)
            case "integer":
                return self.of(*self.numbers(schema), self.of(*HUGE))
            case "number":
                return self.draw(st.sampled_from(self.numbers(schema)) | st.floats(-5, 15))
            case "string":
                return self.text(schema)
            case "boolean":
                return self.of(True, False)
        return None

    def numbers(self, schema: dict[str, Any]) -> list[Any]:
        bounds = [part[key] for part in said(schema) for key in part if key.lower().endswith("imum")]
        if bounds and self.of(True, True, False):
            return [near for bound in bounds for near in (bound, float(bound), bound + 1, bound - 1, bound + 1e-9)]
        return [*NUMBERS]

    def text(self, schema: dict[str, Any]) -> str:
        patterns = [part["pattern"] for part in said(schema) if "pattern" in part]
        if patterns and self.of(True, True, False):
            return str(self.draw(st.from_regex(self.of(*patterns))))[:12]
        return str(self.draw(st.sampled_from(TEXTS) | st.text("abxk019.\né٣K", max_size=4)))

    def array(self, schema: dict[str, Any]) -> list[Any]:
        if "prefixItems" in schema:
            return self.nearly([self.document(part) for part in schema["prefixItems"]])
        least = max(part.get("minItems", 0) for part in said(schema))
        return [self.document(schema.get("items", {})) for _ in range(least + self.of(0, 0, 1, 2))]

    def object(self, schema: dict[str, Any]) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        found = {
            name: self.document(part) for name, part in properties.items() if name in required or self.of(True, False)
        }
        others = schema.get("additionalProperties", True)
        if others is not False:
            least = max(part.get("minProperties", 0) for part in said(schema))
            names = schema.get("propertyNames", {})
            for _ in range(least + self.of(0, 0, 1)):
                key = self.of(*names["enum"]) if names.get("enum") else self.text(names)
                found.setdefault(str(key), self.document(others if isinstance(others, dict) else {}))
        return dict(self.nearly(list(found.items()), ("unknown", 1)))

    def nearly(self, items: list[Any], more: Any = 1) -> list[Any]:
        """Now and then one item less, or one more."""
        match self.draw(st.integers(0, 10)):
            case 1:
                return items[:-1]
            case 2:
                return [*items, more]
        return items


def said(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [schema, *schema.get("allOf", ())]


@pytest.mark.parametrize("depth", [0, 1, 3])
@DRAWN
@given(data=st.data())
def test_what_the_validator_accepts_marshmallow_accepts(depth: int, data: st.DataObject) -> None:
    schema = Schemas(data.draw).schema(depth)
    declaration = declare(schema)
    validator = Validator(declaration.json_schema)
    convert = number_conversion(declaration.json_schema) or (lambda document: document)
    for _ in range(5):
        document = Documents(data.draw, declaration.json_schema).document(declaration.json_schema)
        fits = validator.fits(document)
        event(f"fits: {fits}")
        assert fits == (not validator.faults(document))
        if fits:
            schema.load(convert(document))
            declaration.load(document)
