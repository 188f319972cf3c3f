"""Who may do what: identities, their rights, and what knows the tokens of a service. No HTTP.

Here is what plugins and all of the service use; `access` asks who somebody is, `file_authenticator` knows a file of
tokens, `token_file` reads and writes that.
"""

from tornado_ml.access.authenticator import Authenticator
from tornado_ml.access.caller import Caller
from tornado_ml.access.identity import ANYONE, NOBODY, Identity, Right

__all__ = ["ANYONE", "NOBODY", "Authenticator", "Caller", "Identity", "Right"]
