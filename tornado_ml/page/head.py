"""What stands at the top of a model's pages, as HTML: so it is painted before any script has come.

The page's scripts draw the same anew (`web/js/views/model-page.js`, `headOf`); tests/web holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

TITLE = "<title>tornado-ml</title>"
MAIN = '<main id="main" tabindex="-1">'


class Head(NamedTuple):
    """What is known of a model, as HTML."""

    title: str
    top: str


def head_of(model: Mapping[str, Any], tab: str) -> Head:
    """
    Args:
        model: its entry in the list of models.
        tab: "predict" or "metadata".
    """
    title = escape(f"{model['display_name']} · {tab.capitalize()} · tornado-ml")
    top = f'<div class="model-page" data-served><div class="model-head">{_head(model, tab)}</div></div>'
    return Head(f"<title>{title}</title>", top)


def with_head(index: str, head: Head) -> str:
    """`index`, which is the same for all, with the head of a model's page."""
    return index.replace(TITLE, head.title, 1).replace(MAIN, MAIN + head.top, 1)


def address_part(name: str) -> str:
    """As the page's `encodeURIComponent` has it."""
    return quote(name, safe="-_.!~*'()")


def _head(model: Mapping[str, Any], tab: str) -> str:
    name, state = escape(model["qualified_name"]), escape(model["state"])
    description = escape(model["description"])
    return (
        '<nav class="crumbs" aria-label="Breadcrumb"><a href="/" data-focus-key="all">Models</a></nav>'
        f'<h1 tabindex="-1" data-focus-key="heading">{escape(model["display_name"])}</h1>'
        f'<p class="facts"><span class="badge" data-state="{state}">{state}</span>'
        f'<span class="version">version {model["major_version"]}.{model["minor_version"]}</span>'
        f"<code>{name}</code></p>"
        + (f'<p class="lead">{description}</p>' if description else "")
        + f'<nav class="tabs" aria-label="Pages of this model">{_tabs(model["qualified_name"], tab)}</nav>'
    )


def _tabs(name: str, current: str) -> str:
    links = []
    for tab in ("predict", "metadata"):
        address = escape(f"/models/{address_part(name)}/{tab}")
        mark = ' aria-current="page"' if tab == current else ""
        label = tab.capitalize()
        links.append(f'<a href="{address}"{mark} data-focus-key="{label}">{label}</a>')
    return "".join(links)
