"""Reading TOML with `toml`, guarded by `tomllib`: what the two read differently is refused.

`toml` 0.10.2 misreads some valid files without a word (it drops list elements that hold brackets or commas) and takes
some invalid ones; `tomllib` says line and column.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import toml

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys, and indices into arrays."""


class BadToml(ValueError):
    """Its text says what is wrong, and the line if that is known."""


def parse(text: str) -> dict[str, Any]:
    if text.startswith("\ufeff"):
        raise BadToml("line 1: it starts with a byte-order mark; save it as UTF-8 without one")
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise BadToml("its values are nested too deeply") from None
    except ValueError as error:  # beside TOMLDecodeError, a number of thousands of digits
        raise BadToml(f"not valid TOML: {error}") from None
    if not _read_alike(text, document):
        place = next((f"line {line}: " for line, part, value in _statements(text) if not _read_alike(part, value)), "")
        raise BadToml(
            f"{place}valid TOML, but the `toml` package misreads it; write it another way"
            " (brackets, commas and quotes inside the strings of a list are the usual cause)"
        )
    return document


def lines(text: str) -> dict[Path, int]:
    """The line on which each table, key and list element of a valid document starts.

    Tables inside the tables of an array are left out.
    """
    found: dict[Path, int] = {}
    table: Path = ()
    arrays: dict[Path, int] = {}
    for line, part, document in _statements(text):
        if part.lstrip().startswith("["):
            *_, table = _paths(document)
            if part.lstrip().startswith("[["):
                array = table[:-1]
                arrays[array] = arrays.get(array, -1) + 1
                table = (*array, arrays[array])
            for end in range(1, len(table) + 1):
                found.setdefault(table[:end], line)
        else:
            for path in _paths(document):
                found.setdefault((*table, *path), line)
    return found


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Each statement of a valid document, alone: its line, text and value. It ends where what was read is valid."""
    start, part = 1, ""
    for line, content in enumerate(text.split("\n"), start=1):
        part += content + "\n"
        try:
            document = tomllib.loads(part)
        except tomllib.TOMLDecodeError:
            continue
        yield start, part, document
        start, part = line + 1, ""


def _paths(value: object, path: Path = ()) -> Iterator[Path]:
    """Those of all values in a document, the outer before the inner."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _paths(inner, (*path, key))


def _read_alike(text: str, document: dict[str, Any]) -> bool:
    try:
        return _alike(toml.loads(text), document)
    except Exception:  # it raises IndexError, TypeError and others, too
        return False


def _alike(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return type(one) is type(other) and (one == other or (one != one and other != other))
