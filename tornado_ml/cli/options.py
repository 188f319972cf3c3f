"""What several commands take: where the settings come from, and how much is logged."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tornado_ml.plugins import PluginHost
from tornado_ml.settings import Settings, load_settings


@dataclass(frozen=True)
class World:
    """The settings of this call, and the plugins they name, not loaded yet."""

    settings: Settings
    plugins: PluginHost


def world_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--settings`, `--env`, `--no-plugins` and `--strict`, as one argument `make_world(overrides)`."""

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


def log_to_stderr(level: int) -> None:
    """Standard output is for answers; everything else goes to standard error."""
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%H:%M:%S"
    )
