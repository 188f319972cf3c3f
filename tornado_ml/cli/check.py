"""`tornado-ml check`: whether the settings, each plugin and each model are fit to be served.

Each plugin and model is tried in a process of its own, so that one that hangs or ends its process is found out too.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from tornado_ml import logs
from tornado_ml.access import token_file
from tornado_ml.cli.apart import CameToNothing, apart
from tornado_ml.cli.options import MakeWorld, answers_only, world_options
from tornado_ml.errors import ModelLoadError, OperatorError, SettingsError
from tornado_ml.models.checking import check_model
from tornado_ml.models.loaded import ModelReport
from tornado_ml.models.manager import Identity, shown
from tornado_ml.plugins import Plugin, PluginState, load_plugin

TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Finding:
    """What was found of the settings, a plugin or a model."""

    kind: str
    name: str
    problems: list[str] = field(default_factory=list)
    note: str = ""


@click.command()
@world_options
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    default=TIMEOUT_S,
    show_default=True,
    help="How many seconds one plugin or model may take.",
)
def check(make_world: MakeWorld, as_json: bool, timeout_s: float) -> None:
    """Check the settings, the token file, each plugin and each model; exit 1 if anything is wrong.

    A model is fit when it loads, its examples fit its input schema, and its predictions of them its output schema;
    where it has streams or sessions, in those as well.
    """
    logs.configure(logging.CRITICAL)  # what is wrong is among the findings
    findings = []
    with answers_only() as out:
        for finding in _findings(make_world, timeout_s):
            findings.append(finding)
            if not as_json:
                click.echo(_text(finding), out)
        bad_count = sum(bool(finding.problems) for finding in findings)
        if as_json:
            document = {"ok": not bad_count, "findings": [dataclasses.asdict(finding) for finding in findings]}
            click.echo(json.dumps(document, indent=2, ensure_ascii=False), out)
        else:
            count = len(findings)
            click.echo(f"{bad_count} of {count} checks failed." if bad_count else f"All {count} checks passed.", out)
    if bad_count:
        raise SystemExit(1)


def _findings(make_world: MakeWorld, timeout_s: float) -> Iterator[Finding]:
    try:
        world = make_world()
    except SettingsError as error:
        yield Finding("settings", "settings", str(error).splitlines())
        return
    yield Finding("settings", "settings")
    if world.settings.auth.tokens is not None:
        yield _try_tokens(world.settings.auth.tokens)
    names: set[str] = set()
    classes: dict[Identity, tuple[str, str]] = {}
    for plugin in world.plugins.find():
        if plugin.state is PluginState.DISABLED:
            yield Finding("plugin", plugin.name, note="disabled")
            continue
        reason, identities = _try_plugin(plugin, timeout_s)
        yield Finding("plugin", plugin.name, [reason] if reason else [])
        for number, declared in enumerate(identities):
            report, problems = _try_model(plugin, number, timeout_s)
            identity = report.identity if report else declared
            if identity:
                names.add(identity[0])
            if report:
                first_class, first_plugin = classes.setdefault(report.identity, (report.class_path, plugin.key))
                if first_class != report.class_path:
                    problems.append(f"It is there already, from plugin {first_plugin}.")
            name = shown(identity) if identity else f"number {number + 1} of plugin {plugin.name}"
            note = f"{len(report.examples)} examples" if report else ""
            yield Finding("model", name, problems, note)
    for name, model in world.settings.models.items():
        if name not in names:
            is_fatal = model.required or world.settings.plugins.strict
            said = "No model bears this name."
            yield Finding("settings", f"models.{name}", [said] if is_fatal else [], "" if is_fatal else said)


def _try_tokens(file: Path) -> Finding:
    try:
        return Finding("tokens", str(file), note=f"tokens: {len(token_file.read(file))}")
    except OperatorError as error:
        return Finding("tokens", str(file), [str(error)])


def _try_plugin(plugin: Plugin, timeout_s: float) -> tuple[str | None, list[Identity | None]]:
    """Why a plugin fails, if it does, and what is known of the models it registers."""

    def attempt() -> tuple[str | None, list[Identity | None]]:
        identities = [registration.identity for registration in load_plugin(plugin)]
        return plugin.reason, identities

    try:
        return apart(attempt, timeout_s)
    except CameToNothing as error:
        return str(error), []


def _try_model(plugin: Plugin, number: int, timeout_s: float) -> tuple[ModelReport | None, list[str]]:
    """What one of a plugin's models says of itself, if it loads, and what is wrong with it."""

    def attempt() -> tuple[ModelReport | None, list[str]]:
        registration = load_plugin(plugin)[number]
        result = check_model(registration.factory)
        problems = list(result.problems)
        try:
            if result.report:
                registration.confirm(result.report)
        except ModelLoadError as error:
            problems.append(str(error))
        return result.report, problems

    try:
        return apart(attempt, timeout_s)
    except CameToNothing as error:
        return None, [str(error)]


def _text(finding: Finding) -> str:
    mark = click.style("FAIL", fg="red", bold=True) if finding.problems else click.style("ok", fg="green") + "  "
    name = "" if finding.kind == finding.name else f" {finding.name}"
    note = f" ({finding.note})" if finding.note else ""
    problems = (textwrap.indent(problem, " " * 6) for problem in finding.problems)
    return "\n".join([f"{mark}  {finding.kind}{name}{note}", *problems])
