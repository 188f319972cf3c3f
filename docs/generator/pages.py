"""Every derived file, and how a template becomes a page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from generator import surface, wire
from generator.markdown import Part
from tornado_ml.protocol import catalogue
from tornado_ml.settings.reference import default_settings_text

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"

PAGES: Mapping[str, Mapping[str, Part]] = {
    "protocol.md": wire.PROTOCOL_PARTS,
    "rest.md": wire.REST_PARTS,
    "errors.md": wire.ERROR_PARTS,
    "metrics.md": surface.METRIC_PARTS,
    "settings.md": surface.SETTINGS_PARTS,
    "hooks.md": surface.HOOK_PARTS,
    "commands.md": surface.COMMAND_PARTS,
    "modules.md": surface.MODULE_PARTS,
}


class BadTemplate(Exception):
    """A template names a part that there is not, or leaves one out."""


def derived_files() -> dict[str, str]:
    """What each derived file must hold, by its path in the project."""
    return {
        "settings.toml": default_settings_text(),
        "web/js/client/protocol.js": catalogue.browser_constants(),
        "docs/reference/openapi.json": _json(catalogue.openapi()),
        "docs/reference/asyncapi.json": _json(catalogue.asyncapi()),
        **{f"docs/reference/{name}": _page(name, parts) for name, parts in PAGES.items()},
    }


def filled(template: str, parts: Mapping[str, Part], name: str) -> str:
    """The template with `{{ part }}` replaced by what the part gives; each must stand there at least once."""
    wanted = set(re.findall(r"\{\{ (\w+) \}\}", template))
    if wanted != set(parts):
        raise BadTemplate(
            f"docs/templates/{name}: unknown {sorted(wanted - set(parts))}, missing {sorted(set(parts) - wanted)}"
        )
    return re.sub(r"\{\{ (\w+) \}\}", lambda match: parts[match[1]](), template)


def _page(name: str, parts: Mapping[str, Part]) -> str:
    head = f"<!-- Made by `make docs` from docs/templates/{name} and the code. Edit those. -->\n\n"
    return head + filled((TEMPLATES / name).read_text(encoding="utf-8"), parts, name)


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
