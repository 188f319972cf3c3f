"""`tornado-ml models` and `tornado-ml plugins`: what a service with these settings would serve."""

from __future__ import annotations

import asyncio
import json
import logging
import textwrap
from collections.abc import Callable, Sequence

import click

from tornado_ml.cli.options import World, log_to_stderr, world_options
from tornado_ml.errors import OperatorError
from tornado_ml.inference.executors.thread import ThreadExecutor
from tornado_ml.models.manager import ModelManager
from tornado_ml.protocol.documents import models_document, plugins_document
from tornado_ml.protocol.messages import Document
from tornado_ml.server.run import faults_of

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, as REST answers it.")


@click.command()
@world_options
@json_option
def models(make_world: Callable[[], World], as_json: bool) -> None:
    """List the models, as GET /api/models does; each is loaded to see whether it can be."""
    document = asyncio.run(_load(make_world()))[0]
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    if not document["models"]:
        click.echo("No models. Install a model package, or name a folder of plugins in [plugins] directories.")
    rows = [
        (
            model["qualified_name"],
            version["model_version"],
            version["state"],
            version.get("reason") or model["display_name"],
        )
        for model in document["models"]
        for version in model["versions"]
    ]
    _print_table(("MODEL", "VERSION", "STATE", ""), rows)


@click.command()
@world_options
@json_option
def plugins(make_world: Callable[[], World], as_json: bool) -> None:
    """List the plugins, as GET /api/plugins does, with what each brought or why it failed."""
    document = asyncio.run(_load(make_world()))[1]
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    if not document["plugins"]:
        click.echo("No plugins. Install a model package, or name a folder of plugins in [plugins] directories.")
    rows = [
        (plugin["name"], plugin["version"] or "-", plugin["state"], plugin["reason"] or _brought(plugin))
        for plugin in document["plugins"]
    ]
    _print_table(("PLUGIN", "VERSION", "STATE", ""), rows)


async def _load(world: World) -> tuple[Document, Document]:
    log_to_stderr(logging.CRITICAL)  # what failed is in the list, with its reason
    manager = ModelManager(lambda registration: ThreadExecutor(registration.factory), world.plugins.fail)
    await manager.load(world.plugins.load())
    documents = models_document(manager), plugins_document(world.plugins, manager)
    faults = faults_of(world.settings, world.plugins, manager)
    await manager.close()
    if faults and world.settings.plugins.strict:
        raise OperatorError("\n".join(faults))
    return documents


def _brought(plugin: Document) -> str:
    names = plugin["registered"]["models"]
    return ", ".join(names) if names else f"from {plugin['location']}"


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
    for row in [head, *rows]:
        start = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        lines = textwrap.wrap(row[-1], 100) or [""]
        click.echo(f"{start}  {lines[0]}".rstrip())
        for line in lines[1:]:
            click.echo(" " * (len(start) + 2) + line)
