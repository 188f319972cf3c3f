from __future__ import annotations

import pytest

from tornado_ml.access.identity import ANYONE, NOBODY, Identity, check_scope


def somebody(*scopes: str) -> Identity:
    return Identity("somebody", frozenset(scopes))


@pytest.mark.parametrize(
    ("scopes", "right", "model", "may"),
    [
        ([], "predict", "iris", False),
        (["predict:iris"], "predict", "iris", True),
        (["predict:iris"], "predict", "iris2", False),
        (["predict:iris"], "predict", "*", False),
        (["predict:iris"], "admin", "iris", False),
        (["predict:*"], "predict", "iris", True),
        (["predict:*"], "admin", "iris", False),
        (["admin:iris"], "admin", "iris", True),
        (["admin:iris"], "predict", "iris", True),
        (["admin:iris"], "predict", "other", False),
        (["admin:*"], "predict", "iris", True),
        (["admin:*"], "metrics", "", False),
        (["metrics"], "metrics", "", True),
        (["metrics"], "predict", "iris", False),
    ],
)
def test_scopes_allow_what_they_say_and_admin_includes_predict(
    scopes: list[str], right: str, model: str, may: bool
) -> None:
    assert somebody(*scopes).may(right, model) is may  # type: ignore[arg-type]


def test_anyone_may_do_all_and_nobody_nothing() -> None:
    for right, model in (("predict", "iris"), ("admin", "iris"), ("metrics", "")):
        assert ANYONE.may(right, model)  # type: ignore[arg-type]
        assert not NOBODY.may(right, model)  # type: ignore[arg-type]


@pytest.mark.parametrize("scope", ["predict:iris_model", "predict:*", "admin:a.b-c", "admin:*", "metrics"])
def test_a_scope_is_taken_as_it_is(scope: str) -> None:
    assert check_scope(scope) == scope


@pytest.mark.parametrize(
    "scope", ["", "predict", "predict:", "predict:a b", "predict:**", "metrics:*", "write:*", "predict:*\n", "*", ":*"]
)
def test_what_is_no_scope_is_refused_and_told_what_would_be(scope: str) -> None:
    with pytest.raises(ValueError, match=r"is no scope; scopes are predict:MODEL, admin:MODEL"):
        check_scope(scope)


@pytest.mark.parametrize("name", ["", "a\nb", "a\x1b[31m", "x" * 257])
def test_a_name_that_could_disturb_the_log_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        Identity(name, frozenset())


def test_a_plugin_that_gives_scopes_that_there_are_not_is_told() -> None:
    with pytest.raises(ValueError, match="'predict' is no scope"):
        Identity("somebody", frozenset({"predict"}))
    assert Identity("somebody", ["predict:*"]).scopes == frozenset({"predict:*"})  # type: ignore[arg-type]


def test_what_somebody_logged_in_with_tells_them_apart_and_is_not_shown() -> None:
    one, other = Identity("a", frozenset(), "1f2e"), Identity("a", frozenset(), "9d8c")
    assert one != other
    assert "1f2e" not in repr(one)
