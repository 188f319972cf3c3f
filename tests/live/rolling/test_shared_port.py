"""A service whose place another one takes at the same port: nobody who asks notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.gen_test(timeout=100)
async def test_no_request_is_lost(
    fleet: Any, free_ports: Callable[[int], list[int]], asking: Callable[[str], Any]
) -> None:
    (port,) = free_ports(1)
    old = await fleet.start(port, "reuse_port = true")
    async with asking(old.url) as askers:
        for _ in range(2):
            await askers.more()
            new = await fleet.start(port, "reuse_port = true")
            await fleet.stop(old)
            old = new
        await askers.more()
