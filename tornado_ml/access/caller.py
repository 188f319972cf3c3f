"""Who asks, from where."""

from __future__ import annotations

from dataclasses import dataclass, field

from tornado_ml.access.authenticator import Authenticator
from tornado_ml.access.identity import METRICS, NOBODY, Identity, Right
from tornado_ml.errors import Forbidden, Unauthorized


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks for something, over whatever transport."""

    identity: Identity
    address: str
    """The IP address they come from."""
    authenticator: Authenticator | None = field(default=None, repr=False)
    """What knows them; None where nobody was asked."""

    def require(self, right: Right, model_qualified_name: str = "") -> None:
        """Check that they have a right, as to a model where it is a right to one.

        Raises:
            Unauthorized: nobody knows who they are.
            Forbidden: they have not.
        """
        if self.identity is NOBODY:
            raise Unauthorized
        if not self.identity.may(right, model_qualified_name):
            scope = right if right == METRICS else f"{right}:{model_qualified_name[:128]}"
            raise Forbidden(f"This is not allowed to {self.identity.name}: it takes the scope {scope}.")
