"""`tornado-ml listen`: what a source makes a model predict, line by line."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import suppress
from typing import Literal

import click

from tornado_ml.cli.identity import token_option
from tornado_ml.cli.options import failures_told, socket_url_option
from tornado_ml.client import Client


@click.command()
@click.argument("model")
@click.argument("source")
@socket_url_option
@token_option
@click.option(
    "--policy",
    type=click.Choice(["latest", "buffer"]),
    default="latest",
    show_default=True,
    help="While they are printed too slowly, latest skips all but the newest, and buffer keeps them for a while.",
)
@click.option("--max-rate-hz", type=float, metavar="HZ", help="How many a second to print at most.")
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="How many to print; without it, until Ctrl-C.")
def listen(
    model: str,
    source: str,
    url: str,
    token: str | None,
    policy: Literal["latest", "buffer"],
    max_rate_hz: float | None,
    count: int | None,
) -> None:
    """Print the predictions that SOURCE makes MODEL give, as they come: a line of JSON each.

    When the connection is lost, it is tried for a minute to have it again.

    \b
        tornado-ml listen anomaly_model elnino --count 3
    """  # noqa: D301 - click's own mark

    async def print_predictions() -> None:
        async with await Client.connect(url, token=token) as client:
            predictions = client.subscribe(model, source, policy=policy, max_rate_hz=max_rate_hz)
            for _ in itertools.repeat(None) if count is None else range(count):
                click.echo(json.dumps(await anext(predictions), ensure_ascii=False))

    with failures_told(), suppress(KeyboardInterrupt):
        asyncio.run(print_predictions())
