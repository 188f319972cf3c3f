"""`tornado-ml reload`: load models anew in a running service."""

from __future__ import annotations

import click

from tornado_ml.cli.options import unreachable
from tornado_ml.client import ConnectionLost, PredictionError, rest
from tornado_ml.client.addresses import DEFAULT_PAGE_URL


@click.command()
@click.argument("model", required=False)
@click.option(
    "--url", default=DEFAULT_PAGE_URL, show_default=True, metavar="URL", help="Where the service is, on this machine."
)
def reload(model: str | None, url: str) -> None:
    """Load MODEL anew, or all models, in a running service.

    The old instance answers until the new one is ready; where that cannot be loaded, the old one goes on.
    """
    failed = False
    try:
        for name in [model] if model is not None else rest.model_names(url):
            try:
                versions = ", ".join(version["model_version"] for version in rest.reload(name, url)["versions"])
                click.echo(f"Reloaded {name} {versions}.")
            except PredictionError as error:
                failed = True
                click.echo(f"Could not reload {name}: {error.data.get('message')}", err=True)
    except ConnectionLost as error:
        raise unreachable(error) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if failed:
        raise SystemExit(1)
