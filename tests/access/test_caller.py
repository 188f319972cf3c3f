from __future__ import annotations

import pytest

from tornado_ml.access import ANYONE, NOBODY, Caller, Identity
from tornado_ml.errors import Forbidden, Unauthorized


def test_whoever_has_a_right_passes() -> None:
    Caller(ANYONE, "127.0.0.1").require("admin", "iris")
    Caller(Identity("a", frozenset({"predict:iris"})), "127.0.0.1").require("predict", "iris")


def test_whoever_has_not_is_told_which_scope_it_takes() -> None:
    with pytest.raises(Forbidden, match=r"^This is not allowed to dashboard: it takes the scope admin:iris\.$"):
        Caller(Identity("dashboard", frozenset({"predict:iris"})), "127.0.0.1").require("admin", "iris")
    with pytest.raises(Forbidden, match=r"the scope metrics\.$"):
        Caller(Identity("dashboard", frozenset()), "127.0.0.1").require("metrics")


def test_whoever_is_not_known_has_to_log_in_first() -> None:
    with pytest.raises(Unauthorized):
        Caller(NOBODY, "127.0.0.1").require("predict", "iris")
