"""`tornado-ml load` and `tornado-ml unload`: one model of a running service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from tornado_ml.cli.identity import token_option
from tornado_ml.cli.options import failures_told
from tornado_ml.client import rest
from tornado_ml.client.addresses import DEFAULT_PAGE_URL

page_url_option = click.option(
    "--url", default=DEFAULT_PAGE_URL, show_default=True, metavar="URL", help="Where the service is."
)


@click.command()
@click.argument("model")
@page_url_option
@token_option
def load(model: str, url: str, token: str | None) -> None:
    """Load MODEL, which was unloaded or has failed, in a running service. It takes the scope admin:MODEL."""
    _say("Loaded", rest.load, model, url, token)


@click.command()
@click.argument("model")
@page_url_option
@token_option
def unload(model: str, url: str, token: str | None) -> None:
    """Unload MODEL in a running service, when it has finished what it runs. It takes the scope admin:MODEL."""
    _say("Unloaded", rest.unload, model, url, token)


def _say(done: str, act: Callable[..., Any], model: str, url: str, token: str | None) -> None:
    with failures_told():
        versions = ", ".join(version["model_version"] for version in act(model, url, token=token)["versions"])
    click.echo(f"{done} {model} {versions}.")
