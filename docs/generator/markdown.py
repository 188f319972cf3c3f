"""Declarations as Markdown: tables, and JSON Schemas as tables of fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from marshmallow import Schema

from tornado_ml.models.schema import declare

Part = Callable[[], str]
"""Gives what stands in a template's place."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: str) -> str:
    return f"`{text}`"


def sentence(text: str) -> str:
    """A phrase as a sentence."""
    return text if text.endswith(".") else f"{text[0].upper()}{text[1:]}."


def doc(declared: object) -> str:
    """The docstring of what is declared."""
    text = inspect.getdoc(declared)
    assert text, f"{declared} has no docstring"
    return text


def opening(text: str) -> str:
    """The first paragraph of a docstring, on one line."""
    return re.sub(r"\s+", " ", text.strip().split("\n\n")[0])


def document_table(schema: type[Schema]) -> str:
    """The fields of a document, those of the documents in it too."""
    json_schema = declare(schema, direction="output").json_schema
    return field_table(json_schema, json_schema)


def field_table(schema: dict[str, Any], root: dict[str, Any]) -> str:
    """The fields of `schema`, which stands in `root` or is it."""
    rows = list(_fields(_resolved(schema, root), root, ""))
    return table(("field", "type", "", "meaning"), rows) if rows else "An empty object."


def _fields(schema: dict[str, Any], root: dict[str, Any], prefix: str) -> Iterator[Sequence[str]]:
    for name, declared in schema["properties"].items():
        field = _resolved(declared, root)
        items = _resolved(field.get("items", {}), root)
        presence = "" if name in schema.get("required", ()) else "optional"
        yield code(prefix + name), _type(field, items), presence, field.get("description", "")
        if "properties" in field:
            yield from _fields(field, root, f"{prefix}{name}.")
        if "properties" in items:
            yield from _fields(items, root, f"{prefix}{name}[].")


def _resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    target: dict[str, Any] = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return target | schema


def _type(field: dict[str, Any], items: dict[str, Any]) -> str:
    if "const" in field:
        return code(field["const"])
    if "enum" in field:
        return ", ".join(code(value) for value in field["enum"])
    if "oneOf" in field:
        return " or ".join(_type(choice, {}) for choice in field["oneOf"])
    types = [field["type"]] if isinstance(field.get("type"), str) else field.get("type", [])
    if types == ["array"]:
        inner = _type(items, {})
        return f"array of {inner}s" if inner in {"string", "object"} else "array"
    return " or ".join(types) if types else "any JSON value"
