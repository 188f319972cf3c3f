"""The layers of settings, and how they become one.

The later wins, key by key; tables merge, lists replace: the shipped `settings.toml`; the operator's file; the chosen
environment's table; environment variables; the command line. Nothing is read but what the caller names, the shipped
file, and the home directory where a path starts with `~`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from tornado_ml.errors import SettingsError
from tornado_ml.resources import default_settings_file
from tornado_ml.settings import toml_text
from tornado_ml.settings.declaration import Settings
from tornado_ml.settings.tables import Named, Section, table_of

PREFIX = "TORNADO_ML_"
TOKEN_VARIABLE = f"{PREFIX}TOKEN"
"""The token of the commands that ask a service; no setting."""
"""Of the environment variables that are settings."""

_ALL = Section(Settings)
_IN_FILE = table_of({**_ALL.kinds, "environments": Named(_ALL)})


def load_settings(
    *,
    file: Path | None = None,
    environment: str | None = None,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings, all layers taken together.

    Args:
        file: the operator's settings.
        environment: whose table in `environments` counts; None leaves it to the variable `APP_SETTINGS`, where that
            is set and not empty.
        environ: the environment variables.
        overrides: what the command line says, as a document: `{"server": {"port": 9000}}`.

    Raises:
        SettingsError: names everything that is wrong in any layer, one a line.
    """
    faults: list[str] = []
    from_files = _read_file(default_settings_file(), faults)
    if file is not None:
        from_files = merge(from_files, _read_file(file, faults))
    environments = from_files.pop("environments", {})
    layers = [
        from_files,
        _chosen(environments, environment, environ, faults),
        *(_judge(_ALL.table, layer, name, Path(), faults) for name, layer in _variables(environ, faults)),
        _judge(_ALL.table, overrides or {}, "command line", Path(), faults),
    ]
    if faults:
        raise SettingsError("\n".join(faults))
    settings: Settings = _ALL.build(reduce(merge, layers))
    return settings


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both documents in one: `above` wins key by key, tables merge, anything else is replaced whole."""
    both_tables = {
        key: merge(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping)
    }
    return {**below, **above, **both_tables}


def _read_file(file: Path, faults: list[str]) -> dict[str, Any]:
    try:
        text = file.read_bytes().decode()
        document = toml_text.parse(text)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{file}: line {line}: not UTF-8") from None
    except toml_text.BadToml as error:
        raise SettingsError(f"{file}: {error}") from None
    return _judge(_IN_FILE, document, str(file), file.parent, faults, text)


def _judge(
    table: Schema, document: Mapping[str, Any], source: str, base: Path, faults: list[str], text: str = ""
) -> dict[str, Any]:
    """What `document` says, with relative paths counted from `base`; what is wrong with it goes to `faults`."""
    try:
        values = table.load(document)
    except ValidationError as error:
        values = error.valid_data
        lines = toml_text.lines(text)
        found = sorted((_line(path, lines), _dotted(path), message) for path, message in _flat(error.messages))
        faults += [f"{source}: {f'line {line}: ' if line else ''}{key} {message}" for line, key, message in found]
    anchored: dict[str, Any] = _anchored(values, base)
    return anchored


def _chosen(
    environments: Mapping[str, Any], option: str | None, environ: Mapping[str, str], faults: list[str]
) -> dict[str, Any]:
    name = environ.get("APP_SETTINGS") or None if option is None else option
    if name is None:
        return {}
    if name not in environments:
        source = "APP_SETTINGS" if option is None else "--env"
        faults.append(f"{source}: there is no environment {json.dumps(name)}; known are {', '.join(environments)}")
    return environments.get(name) or {}


def _variables(environ: Mapping[str, str], faults: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A document for each environment variable that is a setting, with the variable's name."""
    names: dict[tuple[str, ...], str] = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name == TOKEN_VARIABLE:
            continue
        path = _setting_named(name.removeprefix(PREFIX))
        if path is None:
            faults.append(f"{name}: names no setting; it must be {PREFIX}SECTION__KEY or {PREFIX}MODELS__NAME__KEY")
        elif path in names:
            faults.append(f"{name}: is the same setting as {names[path]}")
        else:
            names[path] = name
            try:
                value = _value(environ[name])
            except toml_text.BadToml as error:
                faults.append(f"{name}: {error}")
            else:
                yield name, reduce(lambda inner, key: {key: inner}, reversed(path), value)


def _setting_named(name: str) -> tuple[str, ...] | None:
    """The path in a document; a model's name may hold `__` itself, so its key is what follows the last one."""
    section, _, rest = name.partition("__")
    section = section.lower()
    inner, _, key = rest.rpartition("__") if isinstance(_ALL.kinds.get(section), Named) else (None, "", rest)
    path = (section, key.lower()) if inner is None else (section, inner, key.lower())
    return path if all(path) else None


def _value(text: str) -> Any:
    try:
        document = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return toml_text.parse(f"value = {text}")["value"] if document.keys() == {"value"} else text


def _flat(messages: Any, path: toml_text.Path = ()) -> Iterator[tuple[toml_text.Path, str]]:
    """Each message of a marshmallow error, with its path."""
    for key, inner in messages.items():
        if isinstance(inner, dict):
            yield from _flat(inner, (*path, key))
        else:
            yield from (((*path, key), message) for message in inner)


def _line(path: toml_text.Path, lines: Mapping[toml_text.Path, int]) -> int:
    """The line on which the value at `path`, or the innermost table around it, starts; 0 if there is none."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 0)


def _dotted(path: toml_text.Path) -> str:
    """The path as one would write it in TOML, with list elements counted from 0."""
    parts = (
        f"[{key}]" if isinstance(key, int) else f".{key if re.fullmatch('[A-Za-z0-9_-]+', key) else json.dumps(key)}"
        for key in path
    )
    return "".join(parts).removeprefix(".")


def _anchored(values: Any, base: Path) -> Any:
    """The same values, with every path made absolute: a relative one counts from `base`."""
    match values:
        case Path():
            return (base / values).absolute()
        case dict():
            return {key: _anchored(value, base) for key, value in values.items()}
        case tuple():
            return tuple(_anchored(value, base) for value in values)
    return values
