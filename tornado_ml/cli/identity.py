"""With which token a command asks a service. It is never on the command line, where all users of a machine can read."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tornado_ml.settings.reading import TOKEN_VARIABLE


def token_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--token-file`, and an argument `token`: what stands in that file, or else in the variable."""

    @click.option(
        "--token-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help=f"A file with the token to log in with, and nothing else. Default: the variable {TOKEN_VARIABLE}.",
    )
    @functools.wraps(command)
    def with_token(*, token_file: Path | None, **rest: Any) -> None:
        command(token=_token(token_file), **rest)

    return with_token


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip() or None
    try:
        token = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise click.ClickException(f"The token file {file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        token = ""
    if not token or len(token.split()) > 1:
        raise click.ClickException(f"{file} must have one token in it, and nothing else.")
    return token
