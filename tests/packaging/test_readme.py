"""The README's commands, read from it and run as they stand, each form on a fresh clone of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest

FORMS = ["make", "venv"]


def _block(readme: Sequence[str], form: str, purpose: str) -> str:
    """The README's only block of this form for this purpose."""
    words = {("make", "serve"): "make serve", ("make", "test"): "make test", ("venv", "serve"): "/tornado-ml serve"}
    word = words.get((form, purpose), "/tox ")
    found = [block for block in readme if word in block and ("-m venv" in block) == (form == "venv")]
    assert len(found) == 1, f"README.md needs one ```sh block with {word!r} ({form}) and has {len(found)}"
    return found[0]


@pytest.mark.parametrize("form", FORMS)
def test_it_serves_on_a_fresh_clone(form: str, readme: Sequence[str], first_serve: Callable[[str], Any]) -> None:
    newcomer = first_serve(_block(readme, form, "serve"))
    assert newcomer.prediction == {"species": "setosa"}
    assert "<!doctype html>" in newcomer.page.lower()


def test_make_serve_prints_nothing_but_the_address_the_second_time(
    readme: Sequence[str], first_serve: Callable[[str], Any], serve: Callable[..., AbstractContextManager[Any]]
) -> None:
    block = _block(readme, "make", "serve")
    with serve(["bash", "-e", "-c", block], first_serve(block).clone) as service:
        assert service.lines == []


@pytest.mark.parametrize("form", FORMS)
def test_it_tests_on_a_fresh_clone(
    form: str, readme: Sequence[str], first_serve: Callable[[str], Any], run: Callable[..., str]
) -> None:
    # The command as it stands; TOXENV alone keeps it from running this very test, and all the others, once more.
    clone = first_serve(_block(readme, form, "serve")).clone
    output = run(["bash", "-e", "-c", _block(readme, form, "test")], clone, TOXENV="lint")
    assert "lint: OK" in output
