"""`tornado-ml reload`: load models anew in a running service."""

from __future__ import annotations

import click

from tornado_ml.cli.identity import token_option
from tornado_ml.cli.loading import page_url_option
from tornado_ml.cli.options import unreachable
from tornado_ml.client import ConnectionLost, PredictionError, rest


@click.command()
@click.argument("model", required=False)
@page_url_option
@token_option
def reload(model: str | None, url: str, token: str | None) -> None:
    """Load MODEL anew, or all models, in a running service. It takes the scope admin:MODEL, where tokens are asked for.

    The old instance answers until the new one is ready; where that cannot be loaded, the old one goes on.
    """
    failed = False
    try:
        for name in [model] if model is not None else rest.model_names(url, token=token):
            try:
                versions = ", ".join(
                    version["model_version"] for version in rest.reload(name, url, token=token)["versions"]
                )
                click.echo(f"Reloaded {name} {versions}.")
            except PredictionError as error:
                failed = True
                click.echo(f"Could not reload {name}: {error.data.get('message')}", err=True)
    except ConnectionLost as error:
        raise unreachable(error) from error
    except PredictionError as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if failed:
        raise SystemExit(1)
