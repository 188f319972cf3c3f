"""The file of tokens: a name for each, the hash of the token, and what it allows. The token itself is nowhere.

    [tokens.dashboard]
    sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    scopes = ["predict:*"]
    created = 2026-11-22T12:00:00Z
    expires = 2027-11-22T12:00:00Z

A plain hash does, without salt: a token has 256 random bits, which nobody guesses.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tornado_ml.access.identity import check_scope
from tornado_ml.errors import OperatorError

TOKEN_BYTES = 32
PREFIX = "tml_"
"""What tokens begin with, so that whoever searches for lost secrets can tell one."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_HASH = re.compile(r"[0-9a-f]{64}")
_HEAD = "# Who may use the service. Written by `tornado-ml token`, which keeps no comments.\n"


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What is known of a token."""

    name: str
    sha256: str
    """In hexadecimal."""
    scopes: frozenset[str]
    created: datetime
    expires: datetime | None = None

    def has_expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now


def new_token() -> str:
    """A token that nobody has yet."""
    return PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def check_name(name: str) -> str:
    """Raises ValueError if a token cannot be called so."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"{name[:200]!r} is no name of a token: it takes 1 to 128 letters, digits, '_', '.' and '-', and starts"
            " with a letter, a digit or '_'"
        )
    return name


def read(path: Path) -> dict[str, TokenRecord]:
    """The records of a file, by name.

    Raises:
        OperatorError: it cannot be read, or is not as it should be; its text names the file.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        # An empty file is more likely one that is just being written than one that takes everybody's token away.
        if set(document) != {"tokens"} or not isinstance(document["tokens"], dict):
            raise ValueError("it must have tables [tokens.NAME] and nothing else")
        return {name: _record(name, table) for name, table in document["tokens"].items()}
    except OSError as error:
        raise OperatorError(f"The token file {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # those of tomllib and of UTF-8 as well
        raise OperatorError(f"The token file {path} is wrong: {error}.") from error


@contextmanager
def changing(path: Path) -> Iterator[dict[str, TokenRecord]]:
    """The records of a file, none if there is no file yet; they are written when the `with` ends without an exception.

    Raises:
        OperatorError: it cannot be read or written.
    """
    path = Path(os.path.realpath(path))
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise OperatorError(f"The token file {path} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # of two who change it at once, one waits
        records = read(path) if path.exists() else {}
        yield records
        _replace(path, _rendered(records))
    except OSError as error:
        raise OperatorError(f"The token file {path} cannot be written: {error.strerror}.") from error
    finally:
        os.close(folder)


def _record(name: str, table: Any) -> TokenRecord:
    """Raises ValueError."""
    where = f"[tokens.{check_name(name)}]"
    if not isinstance(table, dict):
        raise ValueError(f"{where} must be a table")
    required = {"sha256", "scopes", "created"}
    if not required <= set(table) <= required | {"expires"}:
        raise ValueError(f"{where} must have sha256, scopes and created, may have expires, and nothing else")
    digest, scopes = table["sha256"], table["scopes"]
    if not (isinstance(digest, str) and _HASH.fullmatch(digest)):
        raise ValueError(f"{where} sha256 must be 64 hexadecimal digits, in lower case")
    if not (isinstance(scopes, list) and all(isinstance(scope, str) for scope in scopes)):
        raise ValueError(f"{where} scopes must be a list of strings")
    for key in ("created", "expires"):
        if key in table and not (isinstance(table[key], datetime) and table[key].tzinfo):
            raise ValueError(f"{where} {key} must be a date and time with an offset, like 2027-01-31T00:00:00Z")
    return TokenRecord(
        name, digest, frozenset(map(check_scope, scopes)), table["created"].astimezone(UTC), _utc(table.get("expires"))
    )


def _utc(time: datetime | None) -> datetime | None:
    return time and time.astimezone(UTC)


def _rendered(records: Mapping[str, TokenRecord]) -> str:
    """The file's text. Nothing in it needs an escape: names, scopes and hashes have no such characters."""
    lines = [_HEAD, "[tokens]\n"]
    for record in records.values():
        scopes = ", ".join(f'"{scope}"' for scope in sorted(record.scopes))
        lines += [f'\n[tokens."{record.name}"]\n', f'sha256 = "{record.sha256}"\n', f"scopes = [{scopes}]\n"]
        lines += [f"created = {_written(record.created)}\n"]
        lines += [f"expires = {_written(record.expires)}\n"] if record.expires else []
    return "".join(lines)


def _written(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _replace(path: Path, text: str) -> None:
    """Write a file in one step. One that was there keeps its owner and who may read it; a new one is its owner's."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # with 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if path.exists():
                before = path.stat()
                if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(descriptor, before.st_uid, before.st_gid)
                os.fchmod(descriptor, before.st_mode & 0o777)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
