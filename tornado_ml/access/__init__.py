"""Who may do what: identities, their rights, and what knows the tokens of a service. No HTTP."""

from tornado_ml.access.authenticator import Authenticator
from tornado_ml.access.caller import Caller
from tornado_ml.access.identity import ANYONE, Identity, Right

__all__ = ["ANYONE", "Authenticator", "Caller", "Identity", "Right"]
