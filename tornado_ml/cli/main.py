"""The command `tornado-ml`."""

from __future__ import annotations

from typing import Any

import click

from tornado_ml import __version__
from tornado_ml.cli.check import check
from tornado_ml.cli.listen import listen
from tornado_ml.cli.listing import models, plugins
from tornado_ml.cli.loading import load, unload
from tornado_ml.cli.predict import predict
from tornado_ml.cli.reload import reload
from tornado_ml.cli.replay import replay
from tornado_ml.cli.serve import serve
from tornado_ml.cli.service import service
from tornado_ml.cli.token import token
from tornado_ml.errors import OperatorError


class Commands(click.Group):
    """Shows what the operator can mend as a message, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OperatorError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tornado-ml")
def main() -> None:
    """Serve machine-learning models over WebSockets, and talk to them."""


for command in (serve, models, plugins, predict, listen, check, replay, reload, load, unload, token, service):
    main.add_command(command)
