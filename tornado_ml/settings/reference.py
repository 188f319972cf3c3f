"""What is generated from the declaration: the shipped `settings.toml`, and the rows of the reference page."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tornado_ml.settings.declaration import ENVIRONMENTS, Settings
from tornado_ml.settings.kinds import ListOf
from tornado_ml.settings.tables import Entry, Named, Section

_WIDTH = 110


@dataclass(frozen=True)
class SettingReference:
    key: str
    type: str
    """What the value must be, in words, with its range."""
    default: str | None
    """As TOML; None where the key must be given."""
    example: str
    """As TOML: the default, or a value in place of one."""
    description: str


@dataclass(frozen=True)
class SectionReference:
    header: str
    """As in TOML, such as `[server]`, `[[plugins.models]]` or `[models.NAME]`."""
    description: str
    settings: tuple[SettingReference, ...]
    optional: bool
    """Whether it stands in a file any number of times, or not at all."""


def describe() -> Iterator[SectionReference]:
    """Every section with its settings, in the order in which they are declared."""
    for field in dataclasses.fields(Settings):
        kind = field.metadata["kind"]
        if isinstance(kind, Named):
            yield _section(f"[{field.name}.NAME]", kind.section.declared, optional=True)
        elif isinstance(kind, Section):
            yield _section(f"[{field.name}]", kind.declared, optional=False)
            for inner in dataclasses.fields(kind.declared):
                if (entry := _entry(inner)) is not None:
                    yield _section(f"[[{field.name}.{inner.name}]]", entry, optional=True)


def default_settings_text() -> str:
    """The shipped `settings.toml`."""
    environments = "\n".join([_ENVIRONMENTS, *(f"[environments.{name}]" for name in ENVIRONMENTS)])
    return "\n\n".join([_INTRODUCTION, *map(_section_text, describe()), environments]) + "\n"


_INTRODUCTION = """\
# The settings of tornado-ml: every key, with its default.
#
# Write those that you want otherwise into a file of your own and start with `tornado-ml serve --settings FILE`. Later
# wins, key by key; tables merge, lists replace:
#
#   1. this file
#   2. FILE
#   3. the table [environments.NAME], chosen with `--env NAME` or the variable APP_SETTINGS=NAME
#   4. variables TORNADO_ML_SECTION__KEY, such as TORNADO_ML_SERVER__PORT=9000 or, for a model,
#      TORNADO_ML_MODELS__NAME__REQUIRED=true; the value is read as TOML, or else as a string
#   5. the command line
#
# Relative paths count from the file that names them, and in variables from the working directory; `~` is your home
# directory. Anything unknown is refused.
#
# Generated from tornado_ml/settings/declaration.py by `python -m tornado_ml.settings`."""

_ENVIRONMENTS = """\
# Environments: what differs in one of them. These make no difference until FILE fills the table of the same name, as in
#
#   [environments.ProdConfig.server]
#   port = 80
#
# Any other name will do as well."""


def _entry(field: dataclasses.Field[Any]) -> type | None:
    """The dataclass of a list's entries, if it is a list of tables."""
    kind = field.metadata["kind"]
    return kind.entry.declared if isinstance(kind, ListOf) and isinstance(kind.entry, Entry) else None


def _section(header: str, declared: type, *, optional: bool) -> SectionReference:
    settings = tuple(_setting(field) for field in dataclasses.fields(declared) if _entry(field) is None)
    return SectionReference(header, declared.__doc__ or "", settings, optional)


def _setting(field: dataclasses.Field[Any]) -> SettingReference:
    default = None if field.default is dataclasses.MISSING else _toml(field.default)
    example = default or _toml(field.metadata["example"])
    return SettingReference(field.name, field.metadata["kind"].wants, default, example, field.metadata["description"])


def _toml(value: object) -> str:
    """The defaults are plain enough for their JSON to be TOML, too; None is a path that is not given."""
    return json.dumps("" if value is None else value)


def _section_text(section: SectionReference) -> str:
    lines = [*_comment(section.description), section.header]
    for setting in section.settings:
        lines += ["", *_comment(setting.description), f"{setting.key} = {setting.example}  # {setting.type}"]
    return "\n".join(f"# {line}".rstrip() if section.optional else line for line in lines)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")
