"""`tornado-ml models` and `tornado-ml plugins`: what a service with these settings would serve."""

from __future__ import annotations

import asyncio
import json
import logging
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

import click

from tornado_ml import logs
from tornado_ml.cli.options import MakeWorld, World, answers_only, world_options
from tornado_ml.errors import OperatorError
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.models.manager import ModelManager
from tornado_ml.protocol.documents import models_document, plugins_document
from tornado_ml.protocol.payloads import Document
from tornado_ml.server.run import faults_of

REASON_WIDTH = 100

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, as REST answers it.")


@click.command()
@world_options
@json_option
def models(make_world: MakeWorld, as_json: bool) -> None:
    """List the models, as GET /api/models does; each is loaded to see whether it can be."""
    with answers_only() as out:
        found = _look(make_world())
        rows = [
            (
                model["qualified_name"],
                version["model_version"],
                version["state"],
                version.get("reason") or model["display_name"],
            )
            for model in found.models["models"]
            for version in model["versions"]
        ]
        _print(found.models, as_json, ("MODEL", "VERSION", "STATE", ""), rows, out)
    found.end()
    failed = [plugin["name"] for plugin in found.plugins["plugins"] if plugin["reason"]]
    if failed:
        click.echo(f"Plugins that failed: {', '.join(failed)}. See: tornado-ml plugins", err=True)


@click.command()
@world_options
@json_option
def plugins(make_world: MakeWorld, as_json: bool) -> None:
    """List the plugins, as GET /api/plugins does, with what each brought or why it failed."""
    with answers_only() as out:
        found = _look(make_world())
        rows = [
            (plugin["name"], plugin["version"] or "-", plugin["state"], plugin["reason"] or _brought(plugin))
            for plugin in found.plugins["plugins"]
        ]
        _print(found.plugins, as_json, ("PLUGIN", "VERSION", "STATE", ""), rows, out)
    found.end()


@dataclass(frozen=True)
class Found:
    """What there is to list, and what strict mode does not forgive."""

    models: Document
    plugins: Document
    unforgiven: Sequence[str]

    def end(self) -> None:
        if self.unforgiven:
            raise OperatorError("\n".join(self.unforgiven))


def _look(world: World) -> Found:
    logs.configure(logging.CRITICAL)  # what failed is in the list, with its reason
    return asyncio.run(_load(world))


async def _load(world: World) -> Found:
    manager = ModelManager(lambda registration: ModelRunner(registration, world.settings), world.plugins.fail)
    await manager.load(world.plugins.load())
    faults = faults_of(world.settings, world.plugins, manager)
    found = Found(
        models_document(manager),
        plugins_document(world.plugins, manager, with_tracebacks=True),
        faults if world.settings.plugins.strict else [],
    )
    await manager.close()
    return found


def _brought(plugin: Document) -> str:
    registered = plugin["registered"]
    names = [
        name for kind in ("models", "sources", "widgets", "authenticators", "observers") for name in registered[kind]
    ]
    return ", ".join(names) if names else f"from {plugin['location']}"


def _print(document: Document, as_json: bool, head: Sequence[str], rows: Sequence[Sequence[str]], out: TextIO) -> None:
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False), out)
    elif rows:
        _print_table([head, *rows], out)
    else:
        click.echo(
            f"There are no {next(iter(document))}."
            " Install a model package, or name a folder of plugins in [plugins] directories.",
            out,
        )


def _print_table(rows: Sequence[Sequence[str]], out: TextIO) -> None:
    """Columns as wide as they need be, but for the last, which is wrapped."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    for *cells, last in rows:
        start = "".join(cell.ljust(width + 2) for cell, width in zip(cells, widths, strict=True))
        lines = textwrap.wrap(
            last,
            len(start) + REASON_WIDTH,
            initial_indent=start,
            subsequent_indent=" " * len(start),
            break_long_words=False,  # a path can be copied
            break_on_hyphens=False,
        )
        click.echo("\n".join(lines) or start.rstrip(), out)
