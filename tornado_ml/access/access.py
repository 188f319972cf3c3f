"""All that knows the tokens of one service: the file of its settings, and the authenticators of plugins."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Sequence

from tornado_ml.access.allowance import Accounts
from tornado_ml.access.authenticator import Authenticator
from tornado_ml.access.caller import Caller
from tornado_ml.access.identity import ANYONE, NOBODY, Identity
from tornado_ml.errors import Internal, ServiceError, Unauthorized

log = logging.getLogger(__name__)

MAX_TOKEN_LENGTH = 4096
SECRET_LENGTH = 8
"""How long what is kept out of the log is at least: what is shorter is no secret, and might stand anywhere."""
IDENTIFY_S = 10.0
"""How long an authenticator may take."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1


class Access:
    """Finds out who asks.

    Args:
        own: the authenticators that no plugin brings.
        required: whether nobody is let in without a token even while there is no authenticator.
        accounts: where tokens are counted that nobody knows; None lets as many come as may.
    """

    def __init__(
        self, own: Sequence[Authenticator] = (), *, required: bool = False, accounts: Accounts | None = None
    ) -> None:
        self._own = own
        self._accounts = accounts
        self._of_plugins: dict[str, Sequence[Authenticator]] = {}
        self.is_on = required or bool(own)
        """Whether it is asked who somebody is. Once it is, it remains so: a plugin that goes opens no door."""

    @property
    def authenticators(self) -> list[Authenticator]:
        return [*self._own, *(one for brought in self._of_plugins.values() for one in brought)]

    def set(self, plugin_key: str, authenticators: Sequence[Authenticator]) -> None:
        """Ask what a plugin brings, in place of what it brought before."""
        self._of_plugins.pop(plugin_key, None)
        if authenticators:
            self._of_plugins[plugin_key] = authenticators
            self.is_on = True

    def stranger(self, address: str) -> Caller:
        """Somebody who has shown no token."""
        return Caller(NOBODY if self.is_on else ANYONE, address)

    async def identify(self, token: str, address: str) -> Caller:
        """Whose token it is.

        Raises:
            RateLimited: too many have come from that address that nobody knows.
            Unauthorized: nobody knows it.
            Internal: that could not be found out.
        """
        guesses = None if self._accounts is None else self._accounts.guesses(address)
        if guesses and (too_fast := guesses.spend(0, 0)) is not None:
            raise too_fast
        try:
            return await self._identify(token, address)
        except ServiceError:
            if guesses:
                guesses.owe(1, 0)
            raise

    async def _identify(self, token: str, address: str) -> Caller:
        """Raises Unauthorized or Internal."""
        failed = False
        if len(token) <= MAX_TOKEN_LENGTH and _TOKEN.fullmatch(token):
            for authenticator in self.authenticators:
                try:
                    async with asyncio.timeout(IDENTIFY_S):
                        identity = await authenticator.identify(token)
                    if identity is not None:
                        return Caller(_checked(identity), address, authenticator)
                except Exception:
                    failed = True
                    what = traceback.format_exc()
                    if len(token) >= SECRET_LENGTH:
                        what = what.replace(token, "[token]")
                    log.error("%s could not tell whose token it is.\n%s", _name(authenticator), what)
        raise Internal("It could not be found out whose token this is.") if failed else Unauthorized

    def is_current(self, caller: Caller) -> bool:
        """Whether somebody who was let in still is; a stranger to whom nothing is given remains one."""
        authenticator = caller.authenticator
        if authenticator is None:
            return caller.identity is NOBODY or not self.is_on
        if not any(one is authenticator for one in self.authenticators):
            return False
        try:
            return bool(authenticator.is_current(caller.identity))
        except Exception:
            log.exception("%s could not tell whether %s is still let in.", _name(authenticator), caller.identity.name)
            return False


def _checked(identity: object) -> Identity:
    if not isinstance(identity, Identity):
        raise TypeError(f"identify returned a {type(identity).__name__}; it must return a tornado_ml.Identity or None")
    return identity


def _name(authenticator: Authenticator) -> str:
    return type(authenticator).__qualname__
