"""Parts of the pages about what people write and type: settings, hooks, commands; and of the list of modules."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

import tornado_ml
from generator.markdown import Part, code, doc, opening, table
from tornado_ml import hookspecs
from tornado_ml.access import Authenticator
from tornado_ml.cli.main import main
from tornado_ml.codecs.base import Codec
from tornado_ml.metrics.declarations import METRICS, SECONDS
from tornado_ml.models.base import MLModel
from tornado_ml.models.source import Source
from tornado_ml.models.widget import Widget
from tornado_ml.observers import Observer, Record
from tornado_ml.plugins import hook_names
from tornado_ml.settings.declaration import ENVIRONMENTS
from tornado_ml.settings.reading import PREFIX
from tornado_ml.settings.reference import SectionReference, describe


def _sections() -> str:
    return "\n\n".join(map(_section, describe()))


def _section(section: SectionReference) -> str:
    rows = [
        (
            code(setting.key),
            setting.type,
            "must be given" if setting.default is None else code(setting.default),
            setting.description,
        )
        for setting in section.settings
    ]
    return "\n\n".join(
        [f"### `{section.header}`", section.description, table(("key", "what it must be", "default", "meaning"), rows)]
    )


def _hooks() -> str:
    return "\n\n".join(_hook(name) for name in hook_names())


def _hook(name: str) -> str:
    hook = getattr(hookspecs, name)
    # The annotations are strings, and shown in quotes on some versions of Python.
    signature = str(inspect.signature(hook)).replace("'", "")
    return f"### {name}\n\n```python\ndef {name}{signature}: ...\n```\n\n{doc(hook)}"


def _model_class() -> str:
    return f"```python\n{inspect.getsource(MLModel).strip()}\n```"


def _source_class() -> str:
    return f"```python\n{inspect.getsource(Source).strip()}\n```"


def _codec_class() -> str:
    return f"```python\n{inspect.getsource(Codec).strip()}\n```"


def _widget_class() -> str:
    return f"```python\n{inspect.getsource(Widget).strip()}\n```"


def _authenticator_class() -> str:
    return f"```python\n{inspect.getsource(Authenticator).strip()}\n```"


def _observer_class() -> str:
    return f"```python\n{inspect.getsource(Observer).strip()}\n\n\n{inspect.getsource(Record).strip()}\n```"


def _commands() -> str:
    rows = [
        (f"[`tornado-ml {name}`](#tornado-ml-{name.replace(' ', '-')})", opening(_help(command)))
        for name, command in _all_commands()
    ]
    return table(("command", "what it does"), rows)


def _command_sections() -> str:
    return "\n\n".join(_command(name, command) for name, command in _all_commands())


def _all_commands() -> Iterator[tuple[str, click.Command]]:
    """Each by what is typed for it; a group counts as its commands."""
    for name, command in main.commands.items():
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", one) for below, one in command.commands.items())
        else:
            yield name, command


def _command(name: str, command: click.Command) -> str:
    arguments = [_argument(param) for param in command.params if isinstance(param, click.Argument)]
    usage = " ".join(["tornado-ml", name, *arguments, "[OPTIONS]"])
    rows = [_option(param) for param in command.params if isinstance(param, click.Option) and not param.hidden]
    paragraphs = map(_paragraph, _help(command).split("\n\n"))
    return "\n\n".join(
        [f"### tornado-ml {name}", f"```\n{usage}\n```", *paragraphs, table(("option", "meaning"), rows)]
    )


def _help(command: click.Command) -> str:
    assert command.help, f"{command.name} has no docstring"
    return inspect.cleandoc(command.help)


def _paragraph(text: str) -> str:
    """A paragraph that keeps its lines is marked with a backspace for click."""
    if not text.startswith("\b\n"):
        return text
    return "```sh\n" + textwrap.dedent(text.removeprefix("\b\n")) + "\n```"


def _argument(param: click.Argument) -> str:
    return param.metavar or (param.name or "").upper()


def _option(param: click.Option) -> tuple[str, str]:
    value = "" if param.is_flag or param.count else " " + (param.metavar or param.type.name.upper())
    default = f" Default: `{param.default}`." if param.show_default else ""
    return ", ".join(code(name + value) for name in param.opts), (param.help or "") + default


def _metrics() -> str:
    rows = [(code(metric.name), metric.kind, ", ".join(map(code, metric.labels)), metric.help) for metric in METRICS]
    return table(("metric", "kind", "labels", "what it says"), rows)


def _seconds() -> str:
    return ", ".join(f"{bound:g}" for bound in SECONDS)


def _environments() -> str:
    return ", ".join(map(code, ENVIRONMENTS))


def _prefix() -> str:
    return PREFIX


def _modules() -> str:
    top = Path(tornado_ml.__file__).parent
    return "\n\n".join(
        f"## {'.'.join(package.relative_to(top.parent).parts)}\n\n{table(('module', 'what it is for'), rows)}"
        for package in sorted(path.parent for path in top.rglob("__init__.py"))
        if (rows := list(_modules_in(package)))
    )


def _modules_in(package: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(package.glob("*.py")):
        # Parsed, not imported: importing `__main__` would be running it.
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        link = "../../" + path.relative_to(Path(tornado_ml.__file__).parents[1]).as_posix()
        name = "(the package)" if path.stem == "__init__" else path.stem
        yield f"[{name}]({link})", opening(about or "")


SETTINGS_PARTS: Mapping[str, Part] = {"sections": _sections, "environments": _environments, "prefix": _prefix}

HOOK_PARTS: Mapping[str, Part] = {
    "hooks": _hooks,
    "model_class": _model_class,
    "source_class": _source_class,
    "codec_class": _codec_class,
    "widget_class": _widget_class,
    "authenticator_class": _authenticator_class,
    "observer_class": _observer_class,
}

COMMAND_PARTS: Mapping[str, Part] = {"commands": _commands, "command_sections": _command_sections}

METRIC_PARTS: Mapping[str, Part] = {"metrics": _metrics, "seconds": _seconds}

MODULE_PARTS: Mapping[str, Part] = {"modules": _modules}
