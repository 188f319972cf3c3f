from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tornado_ml.models.manager import Registration
from tornado_ml.plugins import PluginHost

Registered = Callable[[str], Registration]


@pytest.fixture
def registered(dropins_bad: Path, marks: Path) -> Registered:
    """A model of `dropins_bad` by its name."""
    host = PluginHost(directories=[dropins_bad], disabled=["anomaly", "digits", "iris", "text"])
    by_name = {one.identity[0]: one for one in host.load() if one.identity}
    return by_name.__getitem__
