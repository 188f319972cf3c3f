"""`tornado-ml serve`"""

from __future__ import annotations

import asyncio
import logging

import click

from tornado_ml import logs
from tornado_ml.cli.options import MakeWorld, answers_only, world_options
from tornado_ml.server.run import serve as run_service


@click.command()
@world_options
@click.option("--host", metavar="H", help="The address to listen on.")
@click.option("--port", type=int, metavar="N", help="The port to listen on; 0 lets the system choose.")
@click.option(
    "--allow-unauthenticated",
    is_flag=True,
    help="Listen beyond this machine although nobody is asked for a token: for behind a reverse proxy that asks.",
)
@click.option("--watch", "watches", is_flag=True, help="Load drop-in plugins anew when their files change.")
@click.option("-v", "--verbose", is_flag=True, help="Log each request.")
def serve(
    make_world: MakeWorld, host: str | None, port: int | None, allow_unauthenticated: bool, watches: bool, verbose: bool
) -> None:
    """Serve the models until Ctrl-C or SIGTERM.

    Writes one line to standard output as soon as it listens; models may still be loading then.
    """
    options = {"host": host, "port": port, "allow_unauthenticated": allow_unauthenticated or None}
    given = {key: value for key, value in options.items() if value is not None}
    world = make_world({"server": given})
    logging_ = world.settings.logging
    level = logging.DEBUG if verbose else logging.getLevelNamesMapping()[logging_.level.upper()]
    logs.configure(level, logging_.format, has_access=verbose or logging_.access)
    with answers_only() as out:
        asyncio.run(
            run_service(
                world.settings,
                world.plugins,
                lambda url: click.echo(f"tornado-ml: serving on {url}", out),
                watches=watches,
            )
        )
