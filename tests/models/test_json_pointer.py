from __future__ import annotations

import pytest

from tornado_ml.models.json_pointer import json_pointer


@pytest.mark.parametrize(
    ("keys", "pointer"),
    [
        ([], ""),
        (["a"], "/a"),
        (["a", 0, "b"], "/a/0/b"),
        ([""], "/"),
        (["a/b", "c~d", "~1"], "/a~1b/c~0d/~01"),
    ],
)
def test_keys_are_written_as_rfc_6901_says(keys: list[str | int], pointer: str) -> None:
    assert json_pointer(keys) == pointer
