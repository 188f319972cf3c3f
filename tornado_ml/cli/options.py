"""What several commands share: where the settings come from, and who may write to standard output."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from tornado_ml.client import ConnectionLost, LoginFailed, PredictionError
from tornado_ml.client.addresses import DEFAULT_SOCKET_URL
from tornado_ml.plugins import PluginHost
from tornado_ml.settings import Settings, load_settings
from tornado_ml.settings.reading import TOKEN_VARIABLE


@dataclass(frozen=True)
class World:
    """The settings of this call, and the plugins they name, not loaded yet."""

    settings: Settings
    plugins: PluginHost


MakeWorld = Callable[..., World]
"""Takes what other options say of the settings: `make_world({"server": {"port": 9000}})`. Raises SettingsError."""


def world_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--settings`, `--env`, `--no-plugins` and `--strict`, as one argument `make_world`."""

    @click.option(
        "--settings",
        "file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A TOML file; what it does not say is as in the shipped settings.toml.",
    )
    @click.option(
        "--env", "environment", metavar="NAME", help="Take FILE's [environments.NAME]. Default: $APP_SETTINGS."
    )
    @click.option("--no-plugins", is_flag=True, help="Look at no entry points and no directories.")
    @click.option("--strict", is_flag=True, help="Make any failed plugin or model fatal.")
    @functools.wraps(command)
    def with_options(
        *, file: Path | None, environment: str | None, no_plugins: bool, strict: bool, **rest: Any
    ) -> None:
        def make_world(overrides: Mapping[str, Mapping[str, Any]] | None = None) -> World:
            given = {**(overrides or {}), **({"plugins": {"strict": True}} if strict else {})}
            settings = load_settings(file=file, environment=environment, environ=os.environ, overrides=given)
            return World(settings, plugin_host(settings, discover=not no_plugins))

        command(make_world=make_world, **rest)

    return with_options


def plugin_host(settings: Settings, *, discover: bool) -> PluginHost:
    return PluginHost(
        directories=settings.plugins.directories,
        named_models=[(model.module_name, model.class_name) for model in settings.plugins.models],
        disabled=settings.plugins.disabled,
        discover=discover,
    )


socket_url_option = click.option(
    "--url",
    default=DEFAULT_SOCKET_URL,
    show_default=True,
    metavar="URL",
    help="Where the service is: its socket or its page.",
)


@contextmanager
def failures_told() -> Iterator[None]:
    """Tell a person what a client raises, and exit."""
    try:
        yield
    except PredictionError as error:
        click.echo(f"Prediction error: {json.dumps(error.data, ensure_ascii=False)}", err=True)
        raise SystemExit(1) from error
    except ConnectionLost as error:
        raise unreachable(error) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def answers_only() -> Iterator[TextIO]:
    """Standard output for the command's own answers.

    What anybody else writes there meanwhile goes to standard error: plugins and models may print, and so may C code
    and processes they start.
    """
    stdout, stdout_fd = sys.stdout, sys.stdout.fileno()
    stdout.flush()
    kept_fd = os.dup(stdout_fd)
    os.dup2(sys.stderr.fileno(), stdout_fd)
    try:
        with (
            redirect_stdout(sys.stderr),
            open(
                kept_fd, "w", encoding=stdout.encoding, errors="backslashreplace", buffering=1, closefd=False
            ) as answers,
        ):
            yield answers
    finally:
        os.dup2(kept_fd, stdout_fd)
        os.close(kept_fd)


def unreachable(error: ConnectionLost) -> click.ClickException:
    """What a person is told when the service does not answer."""
    is_away = isinstance(error.__cause__, ConnectionRefusedError)
    hint = "\nIs the service running? Start it with: tornado-ml serve" if is_away else ""
    if isinstance(error, LoginFailed):
        hint = f"\nPut a token that it knows into the variable {TOKEN_VARIABLE}, or into a file for --token-file."
    return click.ClickException(f"{error}{hint}")
