"""`tornado-ml service`: the units of systemd for this installation."""

from __future__ import annotations

import ipaddress
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

import tornado_ml
from tornado_ml.cli.units import MARK, Unit, service_unit, socket_unit
from tornado_ml.errors import OperatorError
from tornado_ml.settings import Settings, load_settings

HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
"""What ProtectHome hides."""
HIDDEN = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - they are refused
"""What PrivateTmp hides."""
FIRST_FREE_PORT = 1024

Units = dict[str, str]
"""The text of each unit, by the name of its file."""


@click.group()
def service() -> None:
    """Run the service by systemd, on this machine or as yourself."""


def unit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what the units are for."""
    for option in reversed(
        [
            click.option(
                "--user", "is_user", is_flag=True, help="For your own systemd, without rights on this machine."
            ),
            click.option("--name", default="tornado-ml", show_default=True, metavar="NAME", help="Of the units."),
            click.option(
                "--settings", "file", type=click.Path(path_type=Path), metavar="FILE", help="As for tornado-ml serve."
            ),
            click.option("--env", "environment", metavar="NAME", help="As for tornado-ml serve."),
            click.option(
                "--run-as", metavar="USER", help="As whom it runs; else as a user that is there only while it runs."
            ),
            click.option(
                "--socket",
                "has_socket",
                is_flag=True,
                help="Let systemd listen, also while the service is started anew, and at ports below 1024.",
            ),
        ]
    ):
        command = option(command)
    return command


@service.command("print")
@unit_options
def print_units(**options: Any) -> None:
    """Print the units of systemd for this installation."""
    click.echo("\n".join(f"# {name}\n{text}" for name, text in _units(**options).items()), nl=False)


@service.command()
@unit_options
def install(**options: Any) -> None:
    """Put the units of systemd for this installation where it finds them, and say what to do next."""
    units = _units(**options)
    is_user = options["is_user"]
    folder = _user_folder() if is_user else Path("/etc/systemd/system")
    for name, text in units.items():
        _write(folder / name, text)
        click.echo(f"{folder / name} is written.")
    name = options["name"]
    control, journal = ("systemctl --user", "journalctl --user") if is_user else ("sudo systemctl", "sudo journalctl")
    click.echo("\nNext:")
    click.echo(f"  {control} daemon-reload")
    click.echo(f"  {control} enable --now {' '.join(reversed(units))}")
    click.echo(f"  {control} status {name}")
    click.echo(f"  {journal} --unit {name} --follow")
    if is_user:
        click.echo("  loginctl enable-linger        # to have it run while you are not logged in")


def _units(
    *, is_user: bool, name: str, file: Path | None, environment: str | None, run_as: str | None, has_socket: bool
) -> Units:
    for option, value in {"--name": name, "--run-as": run_as}.items():
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", value):
            raise click.UsageError(f"{option} {value!r} must be made of letters, digits and _.-")
    if is_user and run_as:
        raise click.UsageError("--user runs it as yourself: it goes not together with --run-as.")
    settings = load_settings(file=file, environment=environment, environ={})
    needed = _needed(settings, file)
    if not is_user and not run_as:
        _check_reachable(needed)
    unit = Unit(
        name=name,
        command=_command(file, environment),
        is_user=is_user,
        run_as=run_as,
        reads_home=any(path.is_relative_to(home) for path in needed for home in HOMES),
    )
    units = {f"{name}.service": service_unit(unit)}
    if has_socket:
        units[f"{name}.socket"] = socket_unit(unit, _address(settings))
    elif 0 < settings.server.port < FIRST_FREE_PORT:
        raise OperatorError(
            f"Port {settings.server.port} can be had only with rights that the service is not given. Add --socket."
        )
    return units


def _command(file: Path | None, environment: str | None) -> list[str]:
    script = Path(sys.executable).with_name("tornado-ml")
    command = [str(script)] if script.exists() else [sys.executable, "-P", "-m", "tornado_ml"]
    command.append("serve")
    if file is not None:
        command += ["--settings", str(file.absolute())]
    if environment is not None:
        command += ["--env", environment]
    return command


def _needed(settings: Settings, file: Path | None) -> list[Path]:
    """What the service reads, as far as that can be known here."""
    paths = [Path(sys.executable), Path(sys.prefix), Path(tornado_ml.__file__).parent, *settings.plugins.directories]
    paths += [path for path in (file, settings.server.tls_certificate, settings.server.tls_key) if path is not None]
    return sorted({path.absolute() for path in paths} | {path.resolve() for path in paths})


def _check_reachable(needed: list[Path]) -> None:
    """Raises OperatorError if a user without any rights cannot read something."""
    unreachable = sorted({path for needed_one in needed for path in _closed_doors(needed_one)})
    if unreachable:
        raise OperatorError(
            "The service would run as a user of its own, who cannot read: "
            + ", ".join(str(path) for path in unreachable)
            + ".\nInstall it where everybody can read it, such as /opt, or say who runs it: --run-as USER, or --user."
        )


def _closed_doors(path: Path) -> Iterator[Path]:
    if any(path.is_relative_to(hidden) for hidden in HIDDEN):
        yield path
        return
    for one in [*reversed(path.parents), path]:
        try:
            mode = one.stat().st_mode
        except OSError:
            yield one
            return
        wanted = stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH
        if not mode & wanted:
            yield one
            return


def _address(settings: Settings) -> str:
    host, port = settings.server.host, settings.server.port
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise OperatorError(f"systemd listens at IP addresses alone, and server.host is {host!r}.") from None
    if port == 0:
        raise OperatorError("systemd has to be told at which port to listen, and server.port is 0.")
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def _user_folder() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def _write(path: Path, text: str) -> None:
    try:
        if path.exists() and not path.read_text(encoding="utf-8").startswith(MARK):
            raise OperatorError(f"{path} is there already, and was not made by tornado-ml. Choose another --name.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperatorError(
            f"{path} cannot be written: {error.strerror}. Run it with sudo, or for yourself with --user, or look at"
            " the units with: tornado-ml service print"
        ) from error
