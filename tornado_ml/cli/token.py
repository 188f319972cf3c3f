"""`tornado-ml token`: make, list and revoke the tokens of a file, which a service reads anew when it changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from tornado_ml.access import token_file
from tornado_ml.access.identity import check_scope
from tornado_ml.access.token_file import TokenRecord

_DURATION = re.compile(r"([1-9][0-9]{0,5})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_TIME_FORMAT = "%Y-%m-%d %H:%M UTC"

file_option = click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="The token file, which the setting auth.tokens names.",
)


@click.group()
def token() -> None:
    """Make, list and revoke tokens; a running service takes note within a second or two."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    metavar="SCOPE",
    help="What it allows: predict:MODEL, admin:MODEL, predict:*, admin:* or metrics; may be given several times.",
)
@click.option("--expires", metavar="WHEN", help="A day like 2027-01-31, or a time from now like 90d, 12h or 30m.")
@file_option
def new(name: str, scopes: tuple[str, ...], expires: str | None, path: Path) -> None:
    """Make a token called NAME, and print it, once: FILE keeps only its hash.

    \b
        tornado-ml token new dashboard --scope 'predict:*' --file tokens.toml
    """  # noqa: D301 - click's own mark
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        token_file.check_name(name)
        allowed = frozenset(map(check_scope, scopes))
        expiry = None if expires is None else _time(expires, now)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    made = token_file.new_token()
    with token_file.changing(path) as records:
        if name in records:
            raise click.ClickException(
                f"There is a token {name} already. Revoke it first: tornado-ml token revoke {name}"
            )
        records[name] = TokenRecord(name, token_file.hash_of(made), allowed, now, expiry)
    click.echo(made)
    click.echo("This is shown once; whoever has it may do what it allows.", err=True)


@token.command(name="list")
@file_option
def list_(path: Path) -> None:
    """List the tokens: what each allows, since when, until when. The tokens themselves nobody knows any more."""
    now = datetime.now(UTC)
    records = token_file.read(path)
    rows = [
        (record.name, ", ".join(sorted(record.scopes)), f"{record.created:{_TIME_FORMAT}}", _expiry(record, now))
        for record in records.values()
    ]
    if not rows:
        click.echo("There are no tokens.", err=True)
        return
    table = [("NAME", "SCOPES", "CREATED", "EXPIRES"), *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@token.command()
@click.argument("name")
@file_option
def revoke(name: str, path: Path) -> None:
    """Revoke the token called NAME: its connections are closed, and it opens no more."""
    token_file.read(path)
    with token_file.changing(path) as records:
        if records.pop(name, None) is None:
            raise click.ClickException(f"There is no token {name} in {path}.")
    click.echo(f"Revoked {name}.")


def _time(text: str, now: datetime) -> datetime:
    """Raises ValueError if `text` names no time to come."""
    duration = _DURATION.fullmatch(text)
    try:
        if duration is not None:
            time = now + timedelta(**{_UNITS[duration[2]]: int(duration[1])})
        else:
            time = datetime.fromisoformat(text)
            time = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time; one looks like 2027-01-31, 90d, 12h or 30m") from None
    if time <= now:
        raise ValueError(f"{text!r} is over")
    return time


def _expiry(record: TokenRecord, now: datetime) -> str:
    if record.expires is None:
        return "never"
    return f"{record.expires:{_TIME_FORMAT}}{' (expired)' if record.has_expired(now) else ''}"
