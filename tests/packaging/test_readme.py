"""The README's commands, read from it and run as they stand, each form on a fresh clone of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

either_form = pytest.mark.parametrize("form", ["make", "venv"])


@either_form
def test_it_serves_on_a_fresh_clone(form: str, first_serve: Callable[[str], Any]) -> None:
    newcomer = first_serve(form)
    assert newcomer.prediction == {"species": "setosa"}
    assert "<!doctype html>" in newcomer.page.lower()


def test_make_serve_prints_nothing_but_the_address_the_second_time(
    first_serve: Callable[[str], Any], serve: Callable[..., AbstractContextManager[Any]]
) -> None:
    with serve(["make", "serve"], first_serve("make").clone) as service:
        assert service.lines == []


@either_form
def test_it_tests_on_a_fresh_clone(
    form: str, first_serve: Callable[[str], Any], readme_block: Callable[[str, str], str], run: Callable[..., str]
) -> None:
    # The commands as they stand; TOXENV alone keeps them from running this very test, and all the others, once more.
    output = run(["bash", "-e", "-c", readme_block(form, "test")], first_serve(form).clone, TOXENV="lint")
    assert "lint: OK" in output
