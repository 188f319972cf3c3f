"""The built-in authenticator: tokens whose hashes stand in a file, which is read anew when it changes."""

from __future__ import annotations

import hmac
import logging
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tornado_ml.access import token_file
from tornado_ml.access.authenticator import Authenticator
from tornado_ml.access.identity import Identity
from tornado_ml.access.token_file import TokenRecord
from tornado_ml.errors import OperatorError

log = logging.getLogger(__name__)

_TOO_OPEN = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP

Stamp = tuple[int, int, int, int] | None
"""Another one when a file is another, or has changed; None where it cannot be looked at."""


def _now() -> datetime:
    return datetime.now(UTC)


class FileAuthenticator(Authenticator):
    """Knows the tokens of one file.

    Where a changed file cannot be read, or is wrong, those known before stay good, and the log says so.

    Args:
        path: of the file.
        now: the time of day.

    Raises:
        OperatorError: there is no such file, or it is wrong.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = _now) -> None:
        self._path = path
        self._now = now
        self._stamp = _stamp(path)
        self._records = _read(path)

    async def identify(self, token: str) -> Identity | None:
        self._refresh()
        digest = token_file.hash_of(token)
        found = None
        for record in self._records.values():  # all of them: how long it takes tells nothing
            if hmac.compare_digest(record.sha256, digest):
                found = record
        return None if found is None or found.has_expired(self._now()) else _identity(found)

    def is_current(self, identity: Identity) -> bool:
        self._refresh()
        record = self._records.get(identity.name)
        return record is not None and _identity(record) == identity and not record.has_expired(self._now())

    def _refresh(self) -> None:
        """Read the file if it is not as it was. To look takes some microseconds."""
        if (stamp := _stamp(self._path)) == self._stamp:
            return
        self._stamp = stamp
        try:
            self._records = _read(self._path)
        except OperatorError as error:
            log.error("%s The tokens known before stay good.", error)
        else:
            log.info("The token file %s has changed; it has %d tokens now.", self._path, len(self._records))


def _read(path: Path) -> dict[str, TokenRecord]:
    """Raises OperatorError."""
    records = token_file.read(path)
    if path.stat().st_mode & _TOO_OPEN:
        log.warning("The token file %s can be read or changed by others; mend it with: chmod 600 %s", path, path)
    return records


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_ctime_ns, status.st_size


def _identity(record: TokenRecord) -> Identity:
    # A token that takes the place of another under the same name is another login.
    return Identity(record.name, record.scopes, record.sha256[:16])
