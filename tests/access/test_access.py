"""Who is let in, by whichever authenticator, and what becomes of them when one fails or goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml.access import ANYONE, NOBODY, Authenticator, Caller, Identity
from tornado_ml.access import access as access_module
from tornado_ml.access.access import Access
from tornado_ml.access.allowance import Accounts
from tornado_ml.errors import Internal, RateLimited, Unauthorized
from tornado_ml.metrics.metrics import Metrics
from tornado_ml.settings import HolderLimits, RateLimits

ANN = Identity("ann", frozenset({"predict:*"}))
BOB = Identity("bob", frozenset({"predict:*"}))


class Knows(Authenticator):
    def __init__(self, **tokens: Identity) -> None:
        self.tokens = tokens
        self.asked: list[str] = []

    async def identify(self, token: str) -> Identity | None:
        self.asked.append(token)
        return self.tokens.get(token)

    def is_current(self, identity: Identity) -> bool:
        return identity in self.tokens.values()


class Fails(Authenticator):
    async def identify(self, token: str) -> Identity | None:
        raise ConnectionError(f"nobody answers about {token}")

    def is_current(self, identity: Identity) -> bool:
        raise ConnectionError("nobody answers")


class Hangs(Authenticator):
    async def identify(self, token: str) -> Identity | None:
        await asyncio.Event().wait()
        return None


class Babbles(Authenticator):
    async def identify(self, token: str) -> Any:
        return {"name": "ann"}


def identify(access: Access, token: str, address: str = "192.0.2.1") -> Caller:
    return asyncio.run(access.identify(token, address))


def test_without_authenticators_anyone_may_do_all() -> None:
    access = Access()
    assert not access.is_on
    assert access.stranger("192.0.2.1") == Caller(ANYONE, "192.0.2.1")
    assert access.is_current(access.stranger("192.0.2.1"))


def test_with_one_a_stranger_is_nobody_and_a_token_says_who_somebody_is() -> None:
    knows = Knows(t1=ANN)
    access = Access([knows])
    assert access.stranger("192.0.2.1").identity is NOBODY
    caller = identify(access, "t1")
    assert caller == Caller(ANN, "192.0.2.1", knows)
    assert access.is_current(caller)
    with pytest.raises(Unauthorized):
        identify(access, "t2")


def test_the_first_that_knows_a_token_says_whose_it_is() -> None:
    first, second = Knows(t=ANN), Knows(t=BOB, u=BOB)
    access = Access([first])
    access.set("plugin", [second])
    assert identify(access, "t").identity == ANN
    assert identify(access, "u").identity == BOB


def test_only_who_let_somebody_in_is_asked_whether_they_still_are() -> None:
    first, second = Knows(t=ANN), Knows(t=ANN)
    access = Access([first, second])
    caller = identify(access, "t")
    first.tokens.clear()
    assert not access.is_current(caller)


@pytest.mark.parametrize(
    "token", ["", " ", "a b", "a\r\nX: y", "tökén", "a;b", '"a"', "x" * 4097, "=", "a=b", "\x00", "𝒂"]
)
def test_what_can_be_no_token_is_refused_without_asking(token: str) -> None:
    knows = Knows()
    with pytest.raises(Unauthorized):
        identify(Access([knows]), token)
    assert knows.asked == []


def test_whoever_guesses_faster_than_an_address_may_ask_is_not_listened_to_for_a_while() -> None:
    knows, now = Knows(t=ANN), 1000.0
    per_address = HolderLimits(requests_per_s=2)
    access = Access([knows], accounts=Accounts(RateLimits(), HolderLimits(), per_address, Metrics(), lambda: now))
    for _ in range(10):
        assert identify(access, "t").identity == ANN, "a good token is no guess"
    for _ in range(3):
        with pytest.raises(Unauthorized):
            identify(access, "guess")
    knows.asked.clear()
    for token in ("guess", "t"):
        with pytest.raises(RateLimited, match="Too many requests have come from this address"):
            identify(access, token)
    assert knows.asked == []
    assert identify(access, "t", "192.0.2.2").identity == ANN
    now += 1
    assert identify(access, "t").identity == ANN


def test_where_it_cannot_be_found_out_nobody_is_let_in_and_the_log_does_not_have_the_token(
    logged: Callable[[], str],
) -> None:
    access = Access([Fails(), Knows(t2=ANN)])
    with pytest.raises(Internal, match="could not be found out"):
        identify(access, "t1secret")
    assert "Fails could not tell whose token it is." in logged()
    assert "nobody answers about [token]" in logged()
    assert "t1secret" not in logged()
    assert identify(access, "t2").identity == ANN


def test_one_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "IDENTIFY_S", 0.01)
    with pytest.raises(Internal):
        identify(Access([Hangs()]), "t")


def test_one_that_gives_something_else_is_at_fault(logged: Callable[[], str]) -> None:
    with pytest.raises(Internal):
        identify(Access([Babbles()]), "t")
    assert "identify returned a dict" in logged()


def test_one_that_cannot_say_whether_somebody_is_let_in_still_counts_as_no(logged: Callable[[], str]) -> None:
    fails = Fails()
    assert not Access([fails]).is_current(Caller(ANN, "192.0.2.1", fails))
    assert "could not tell whether ann is still let in" in logged()


def test_a_plugin_that_goes_takes_its_logins_along_and_opens_no_door() -> None:
    access = Access()
    before = access.stranger("192.0.2.1")
    access.set("plugin", [Knows(t=ANN)])
    assert not access.is_current(before), "who came while nobody was asked is asked now"
    caller = identify(access, "t")
    access.set("plugin", [])
    assert not access.is_current(caller)
    assert access.is_on
    with pytest.raises(Unauthorized):
        identify(access, "t")


def test_where_a_login_is_required_the_lack_of_authenticators_lets_nobody_in() -> None:
    access = Access(required=True)
    assert access.stranger("192.0.2.1").identity is NOBODY
    with pytest.raises(Unauthorized):
        identify(access, "t")
