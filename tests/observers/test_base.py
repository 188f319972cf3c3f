from __future__ import annotations

from collections.abc import Sequence

import pytest

from tornado_ml import Observer, Record
from tornado_ml.errors import PluginError
from tornado_ml.observers.base import check_observers


class Silent(Observer):
    def observe(self, records: Sequence[Record]) -> None:
        pass


class Nameless(Silent):
    name = 5  # type: ignore[assignment]


def test_an_observer_is_called_by_its_class_unless_it_says_otherwise() -> None:
    assert Silent().name == "Silent"


def test_what_a_plugin_returns_must_be_observers() -> None:
    one = Silent()
    assert check_observers([one]) == [one]
    for wrong in (Silent, "silent", None):
        with pytest.raises(PluginError, match=r"must return instances of tornado_ml\.Observer"):
            check_observers([wrong])
    with pytest.raises(PluginError, match="has the name 5"):
        check_observers([Nameless()])
