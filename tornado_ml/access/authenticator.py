"""What a plugin implements to say whose token it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from tornado_ml.access.identity import Identity
from tornado_ml.errors import PluginError


class Authenticator(ABC):
    """Knows tokens.

    It is asked in the service's event loop: what takes time must be awaited. It must not keep or log a token.
    """

    @abstractmethod
    async def identify(self, token: str) -> Identity | None:
        """Whose token it is; None for one that is unknown, expired or revoked.

        The service has found it in a header, a subprotocol or a cookie, and knows no more of it than that it is not
        empty and of at most 4,096 printable ASCII characters. What this raises is logged, and the token is refused.
        """

    def is_current(self, identity: Identity) -> bool:
        """Whether somebody that `identify` has given is still let in.

        Asked about once a second for each that has a connection, which ends if not. So it must be quick.
        """
        return True


def check_authenticators(authenticators: Iterable[object]) -> list[Authenticator]:
    """What a plugin's `register_authenticators` returned.

    Raises:
        PluginError: one is no authenticator.
    """
    found = []
    for one in authenticators:
        if not isinstance(one, Authenticator):
            raise PluginError(
                f"register_authenticators returned {one!r:.120}; it must return instances of tornado_ml.Authenticator."
            )
        found.append(one)
    return found
