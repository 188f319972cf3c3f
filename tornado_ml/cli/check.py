"""`tornado-ml check`: whether the settings, each plugin and each model are fit to be served.

Each plugin is looked at in a process of its own, so that one that hangs or ends its process is found out as well.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import click

from tornado_ml.cli.options import World, log_to_stderr, world_options
from tornado_ml.models.checking import check_model
from tornado_ml.plugins import Plugin, PluginState

TIMEOUT_S = 60.0


@dataclass
class Finding:
    """What was found of one plugin or model."""

    kind: str
    name: str
    problems: list[str] = field(default_factory=list)
    note: str = ""


@click.command()
@world_options
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option(
    "--timeout", "timeout_s", type=float, default=TIMEOUT_S, show_default=True, help="Seconds that one plugin may take."
)
@click.option("--only", "only", hidden=True, help="Check this one plugin here, and write what was found as JSON.")
def check(make_world: Callable[[], World], as_json: bool, timeout_s: float, only: str | None) -> None:
    """Check the settings, each plugin and each model; exit 1 if anything is wrong.

    A model is fit when it loads, its examples fit its input schema, and its predictions of them its output schema.
    """
    world = make_world()
    if only is not None:
        _answer_for_one(world, only)
        return
    findings = [Finding("settings", "settings")]
    _tell(findings[0], as_json)
    owners: dict[str, str] = {}
    for plugin in world.plugins.find():
        for finding in _check_apart(plugin, timeout_s):
            _look_for_double(finding, plugin, owners)
            findings.append(finding)
            _tell(finding, as_json)
    missing = sorted(set(world.settings.models) - {name.rpartition(" ")[0] for name in owners})
    for name in missing:
        findings.append(Finding("settings", f"models.{name}", [f"There is no model {name}."]))
        _tell(findings[-1], as_json)
    bad = [finding for finding in findings if finding.problems]
    if as_json:
        click.echo(json.dumps({"ok": not bad, "findings": [dataclasses.asdict(one) for one in findings]}, indent=2))
    elif bad:
        click.echo(f"{len(bad)} of {len(findings)} checks failed.")
    else:
        click.echo(f"All {len(findings)} checks passed.")
    if bad:
        raise SystemExit(1)


def _check_apart(plugin: Plugin, timeout_s: float) -> Sequence[Finding]:
    """Look at one plugin in a process of its own."""
    if plugin.state is not PluginState.LOADED:
        problems = [plugin.reason] if plugin.reason else []
        return [Finding("plugin", plugin.name, problems, note=plugin.state.value)]
    # The same command line once more: the child shall read the same settings.
    command = [sys.executable, "-m", "tornado_ml", *sys.argv[1:], "--only", plugin.key]
    try:
        done = subprocess.run(  # noqa: S603 - our own command line
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return [Finding("plugin", plugin.name, [f"It was not done after {timeout_s:g} s: something in it hangs."])]
    try:
        return [Finding(**finding) for finding in json.loads(done.stdout)]
    except ValueError:
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
        return [Finding("plugin", plugin.name, [f"It ended its process with {how}."])]


def _answer_for_one(world: World, key: str) -> None:
    """In the child: check one plugin and its models, and write what was found to standard output."""
    log_to_stderr(100)  # what is wrong is in the answer
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a model prints is no answer
    registrations = world.plugins.load(only=key)
    plugin = next(one for one in world.plugins.plugins if one.key == key)
    finding = Finding("plugin", plugin.name, [plugin.reason] if plugin.reason else [], note=plugin.state.value)
    findings = [finding]
    for registration in registrations:
        result = check_model(registration.factory)
        if result.report is None:
            if registration.identity is None:
                finding.problems += result.problems
                continue
            name, (major, minor) = registration.identity
            findings.append(Finding("model", f"{name} {major}.{minor}", list(result.problems)))
            continue
        name, (major, minor) = result.report.identity
        note = f"{len(result.report.examples)} examples predicted"
        findings.append(Finding("model", f"{name} {major}.{minor}", list(result.problems), note))
    json.dump([dataclasses.asdict(one) for one in findings], answer)
    answer.close()
    os._exit(0)  # a thread that a model has left running must not hold the answer back


def _look_for_double(finding: Finding, plugin: Plugin, owners: dict[str, str]) -> None:
    if finding.kind != "model":
        return
    owner = owners.setdefault(finding.name, plugin.name)
    if owner != plugin.name:
        finding.note += f"; also from plugin {owner}"


def _tell(finding: Finding, as_json: bool) -> None:
    if as_json:
        return
    mark = click.style("FAIL", fg="red", bold=True) if finding.problems else click.style("ok", fg="green") + "  "
    note = f" ({finding.note})" if finding.note else ""
    name = "" if finding.kind == finding.name else f" {finding.name}"
    click.echo(f"{mark}  {finding.kind}{name}{note}")
    for problem in finding.problems:
        click.echo(f"      {problem}")
