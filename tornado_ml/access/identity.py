"""Who somebody is, and what that allows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from tornado_ml.models.base import QUALIFIED_NAME_PATTERN

ModelRight = Literal["predict", "admin"]
Right = Literal[ModelRight, "metrics"]

METRICS = "metrics"
MAX_NAME_LENGTH = 256


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom an authenticator knows.

    Two that are equal are the same: one may resume the conversation of the other.
    """

    name: str
    """What the log and the page call them."""
    scopes: frozenset[str]
    """What they may do: `predict:MODEL` and `admin:MODEL`, with `*` for all models, and `metrics`."""
    credential: str = field(default="", repr=False)
    """Tells apart what they logged in with, where that matters; never the token itself."""

    def __post_init__(self) -> None:
        # It stands in the log, and in a header.
        if not (0 < len(self.name) <= MAX_NAME_LENGTH and self.name.isprintable()):
            raise ValueError(f"an identity has a name of 1 to {MAX_NAME_LENGTH} printable characters")
        object.__setattr__(self, "scopes", frozenset(map(check_scope, self.scopes)))

    def may(self, right: Right, model_qualified_name: str = "") -> bool:
        """Whether they have a right, as to a model where it is a right to one. Who has `admin` has `predict`."""
        if right == METRICS:
            return METRICS in self.scopes
        if f"{right}:*" in self.scopes or f"{right}:{model_qualified_name}" in self.scopes:
            return True
        return right == "predict" and self.may("admin", model_qualified_name)


def check_scope(scope: str) -> str:
    """A scope as it may be written.

    Raises:
        ValueError: it is none; says which there are.
    """
    right, colon, model = scope.partition(":")
    is_of_model = right in get_args(ModelRight) and re.fullmatch(rf"[*]|{QUALIFIED_NAME_PATTERN}", model)
    if scope != METRICS and not (colon and is_of_model):
        raise ValueError(
            f"{scope[:200]!r} is no scope; scopes are predict:MODEL, admin:MODEL, predict:*, admin:* and metrics"
        )
    return scope


ANYONE = Identity("anyone", frozenset({"predict:*", "admin:*", METRICS}))
"""Everybody, where nobody is asked who they are."""

NOBODY = Identity("nobody", frozenset())
"""Whoever has not said who they are, where they are asked."""
