"""The built-in authenticator: a token is good until it expires, or its record goes; a bad file changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tornado_ml.access import Identity, token_file
from tornado_ml.access.file_authenticator import FileAuthenticator
from tornado_ml.access.token_file import TokenRecord
from tornado_ml.errors import OperatorError

NOW = datetime(2027, 1, 1, tzinfo=UTC)


class World:
    """A file, the time of day, and who is known."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = NOW
        self.add("ann", "t1")
        self.knows = FileAuthenticator(path, lambda: self.now)

    def add(self, name: str, token: str, *, scope: str = "predict:*", expires: datetime | None = None) -> None:
        with token_file.changing(self.path) as records:
            records[name] = TokenRecord(name, token_file.hash_of(token), frozenset({scope}), NOW, expires)

    def revoke(self, name: str) -> None:
        with token_file.changing(self.path) as records:
            del records[name]

    def who(self, token: str) -> str | None:
        identity = self.identity(token)
        return None if identity is None else identity.name

    def identity(self, token: str) -> Identity | None:
        return asyncio.run(self.knows.identify(token))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "tokens.toml")


def test_a_token_says_who_somebody_is_and_what_they_may(world: World) -> None:
    identity = world.identity("t1")
    assert identity is not None
    assert (identity.name, identity.scopes) == ("ann", frozenset({"predict:*"}))
    assert world.knows.is_current(identity)
    assert [world.who(token) for token in ("t2", "T1", "t1 ", "", token_file.hash_of("t1"))] == [None] * 5


def test_a_token_that_is_added_or_revoked_counts_at_once(world: World) -> None:
    ann = world.identity("t1")
    assert ann is not None
    world.add("bob", "t2")
    assert world.who("t2") == "bob"
    world.revoke("ann")
    assert world.who("t1") is None
    assert not world.knows.is_current(ann)


def test_a_token_that_expires_is_as_good_as_none(world: World) -> None:
    world.add("bob", "t2", expires=NOW + timedelta(hours=1))
    bob = world.identity("t2")
    assert bob is not None
    assert world.knows.is_current(bob)
    world.now += timedelta(hours=1)
    assert world.who("t2") is None
    assert not world.knows.is_current(bob)


def test_other_rights_or_another_token_of_the_same_name_are_another_login(world: World) -> None:
    ann = world.identity("t1")
    assert ann is not None
    world.add("ann", "t1", scope="metrics")
    assert not world.knows.is_current(ann)
    world.add("ann", "t1")
    assert world.knows.is_current(ann)
    world.add("ann", "t9")
    assert not world.knows.is_current(ann)


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text("[tokens")])
def test_a_file_that_goes_bad_keeps_those_known_before_and_is_logged_once(
    world: World, spoil: Callable[[Path], object], logged: Callable[[], str]
) -> None:
    spoil(world.path)
    assert [world.who("t1") for _ in range(3)] == ["ann"] * 3
    assert logged().count("The tokens known before stay good.") == 1
    world.path.unlink(missing_ok=True)
    world.add("bob", "t2")
    assert (world.who("t1"), world.who("t2")) == (None, "bob")
    assert "has changed; it has 1 tokens now" in logged()


def test_a_file_that_is_being_written_takes_nobodys_token_away(world: World) -> None:
    world.path.write_text("")
    assert world.who("t1") == "ann"


def test_a_service_does_not_start_without_its_file(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read: No such file"):
        FileAuthenticator(tmp_path / "none.toml")


@pytest.mark.parametrize(("mode", "warns"), [(0o600, False), (0o640, False), (0o644, True), (0o660, True)])
def test_a_file_that_others_can_read_or_change_is_warned_of(
    world: World, mode: int, warns: bool, logged: Callable[[], str]
) -> None:
    changed = world.path.stat().st_ctime_ns
    while world.path.stat().st_ctime_ns == changed:  # the clock of some systems goes on only every few milliseconds
        world.path.chmod(mode)
    assert world.who("t1") == "ann"
    assert ("can be read or changed by others; mend it with: chmod 600" in logged()) is warns


def test_the_log_has_neither_tokens_nor_hashes(world: World, logged: Callable[[], str]) -> None:
    world.add("bob", "tml_secret")
    assert world.who("tml_secret") == "bob"
    assert world.who("tml_other") is None
    assert "tml_" not in logged()
    assert token_file.hash_of("tml_secret") not in logged()
