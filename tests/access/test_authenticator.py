from __future__ import annotations

import pytest

from tornado_ml import Authenticator, Identity
from tornado_ml.access.authenticator import check_authenticators
from tornado_ml.errors import PluginError


class Everybody(Authenticator):
    async def identify(self, token: str) -> Identity | None:
        return Identity(token, frozenset())


def test_somebody_stays_let_in_unless_the_authenticator_says_otherwise() -> None:
    assert Everybody().is_current(Identity("a", frozenset()))


def test_what_a_plugin_returns_must_be_authenticators() -> None:
    one = Everybody()
    assert check_authenticators([one]) == [one]
    for wrong in (Everybody, "token", None):
        with pytest.raises(PluginError, match=r"must return instances of tornado_ml\.Authenticator"):
            check_authenticators([wrong])
