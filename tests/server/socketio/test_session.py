"""One client, over each transport: what its packets do, and when it is ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tornado_ml.server.base import Shared

OpenSocket = Callable[..., Awaitable[Any]]
Asking = Callable[[str, Any], str]
UntilGone = Callable[[], Awaitable[None]]


async def joined(transport: str, poller: Any, open_socket: OpenSocket) -> Any:
    """A client of either kind, which reads packet by packet."""
    return ReadingPoller(await poller.join()) if transport == "polling" else await (await open_socket()).join()


class ReadingPoller:
    """Reads like a websocket: the next packet that means something."""

    def __init__(self, poller: Any) -> None:
        self.send = poller.send
        self._poller = poller
        self._packets: list[str] = []

    async def read(self) -> str:
        while not self._packets:
            self._packets = [packet for packet in await self._poller.poll() if packet != "6"]
        return self._packets.pop(0)


TRANSPORTS = pytest.mark.parametrize("transport", ["polling", "websocket"])


@TRANSPORTS
@pytest.mark.parametrize("packet", ["1", "41"])
@pytest.mark.gen_test
async def test_a_client_may_take_its_leave(
    transport: str, poller: Any, open_socket: OpenSocket, packet: str, until_gone: UntilGone
) -> None:
    peer = await joined(transport, poller, open_socket)
    await peer.send(packet)
    await until_gone()


@TRANSPORTS
@pytest.mark.parametrize(
    "packet",
    ["", "x", "0", "2", "2probe", "3probe", "5", "7", "٣", "4", "4x", "44", "47", '4{"a":1}', "4" + "[" * 5000],
)
@pytest.mark.gen_test
async def test_what_is_no_packet_of_socket_io_ends_the_session(
    transport: str, poller: Any, open_socket: OpenSocket, packet: str, until_gone: UntilGone, logged: Callable[[], str]
) -> None:
    peer = await joined(transport, poller, open_socket)
    await peer.send(packet)
    if transport == "websocket":
        assert await peer.closed() == 1002
    await until_gone()
    assert "Traceback" not in logged()


@TRANSPORTS
@pytest.mark.gen_test
async def test_packets_that_say_nothing_are_passed_over(
    transport: str, poller: Any, open_socket: OpenSocket, asking: Asking, logged: Callable[[], str]
) -> None:
    peer = await joined(transport, poller, open_socket)
    await peer.send("3", "3", "6", "41/other,", "43[]", "4317[1]", "430", "46", '461-3[{"_placeholder":true,"num":0}]')
    await peer.send("bAAEC" if transport == "polling" else b"\0\1\2")
    await peer.send(asking("echo", 1))
    assert json.loads((await peer.read())[2:])[1]["prediction"] == 1
    assert "Traceback" not in logged()


@TRANSPORTS
@pytest.mark.gen_test
async def test_a_binary_event_is_answered_once_and_its_data_passed_over(
    transport: str, poller: Any, open_socket: OpenSocket, asking: Asking
) -> None:
    peer = await joined(transport, poller, open_socket)
    await peer.send('452-7["prediction_request",{"_placeholder":true,"num":0}]')
    await peer.send(*(["bAAEC", "bAAEC"] if transport == "polling" else [b"\0\1\2", b"\0\1\2"]))
    await peer.send(asking("echo", 1))
    packets = [await peer.read() for _ in range(3)]
    assert packets[0].startswith('42["prediction_error"')
    assert packets[1].startswith("437[{")
    assert packets[2].startswith('42["prediction_response"')


@TRANSPORTS
@pytest.mark.parametrize("login", ['{"token":"x"}', "{", "[" * 5000, "NaN"])
@pytest.mark.gen_test
async def test_a_login_is_passed_over(
    transport: str, poller: Any, open_socket: OpenSocket, login: str, asking: Asking
) -> None:
    if transport == "polling":
        peer = ReadingPoller(await poller.open())
    else:
        peer = await open_socket()
        await peer.read()
    await peer.send("40" + login)
    assert (await peer.read()).startswith('40{"sid":')
    await peer.send(asking("echo", 1))
    assert (await peer.read()).startswith('42["prediction_response"')


@TRANSPORTS
@pytest.mark.parametrize("wanted", ["/admin,", "/admin?a=1,{}", "/admin", '/admin,{"token":1}'])
@pytest.mark.gen_test
async def test_another_namespace_is_refused_and_nothing_else_changes(
    transport: str, poller: Any, open_socket: OpenSocket, wanted: str, asking: Asking
) -> None:
    peer = await joined(transport, poller, open_socket)
    await peer.send("40" + wanted)
    assert (await peer.read()).startswith("44/admin,")
    await peer.send(asking("echo", 1))
    assert (await peer.read()).startswith('42["prediction_response"')


@TRANSPORTS
@pytest.mark.parametrize("wanted", [["40/x,"] * 20, ["40/" + "x" * 200 + ","]])
@pytest.mark.gen_test
async def test_refusals_are_not_to_be_had_without_end(
    transport: str, poller: Any, open_socket: OpenSocket, wanted: list[str], until_gone: UntilGone
) -> None:
    peer = await joined(transport, poller, open_socket)
    await peer.send(*wanted)
    if transport == "websocket":
        assert await peer.closed() == 1002
    await until_gone()


@pytest.mark.usefixtures("steady")
@pytest.mark.settings("[server]\nping_interval_s = 0.3")
@TRANSPORTS
@pytest.mark.gen_test
async def test_a_client_is_pinged_and_stays_as_long_as_it_answers(
    transport: str, poller: Any, open_socket: OpenSocket, shared: Shared, until_gone: UntilGone
) -> None:
    peer = await joined(transport, poller, open_socket)
    for _ in range(3):
        assert await peer.read() == "2"
        await peer.send("3")
    assert await peer.read() == "2"
    assert len(shared.sockets) == 1
    await until_gone()


@pytest.mark.usefixtures("steady")
@pytest.mark.settings("[server]\nstalled_s = 0.3")
@pytest.mark.gen_test
async def test_a_client_that_does_not_come_to_fetch_its_answer_is_given_up(
    poller: Any, asking: Asking, shared: Shared, until_gone: UntilGone, logged: Callable[[], str]
) -> None:
    watch = asyncio.create_task(shared.sockets.watch_stalled())
    await poller.join()
    await poller.send(asking("echo", 1))
    await until_gone()
    watch.cancel()
    assert "is given up with 1013: its peer took no byte for 0.3 s" in logged()
    assert (await poller.fetch(poller.url)).code == 400


@pytest.mark.usefixtures("steady")
@pytest.mark.settings("[server]\nstalled_s = 0.3")
@pytest.mark.gen_test
async def test_a_client_for_whom_nothing_waits_may_take_its_time_to_poll(
    poller: Any, asking: Asking, shared: Shared
) -> None:
    watch = asyncio.create_task(shared.sockets.watch_stalled())
    await poller.join()
    await asyncio.sleep(1)
    await poller.send(asking("echo", 1))
    assert (await poller.poll())[0].startswith('42["prediction_response"')
    watch.cancel()


@pytest.mark.settings("[server]\noutbox_bytes = 200_000")
@pytest.mark.gen_test
async def test_answers_that_overflow_the_outbox_end_the_session(
    poller: Any, asking: Asking, until_gone: UntilGone, logged: Callable[[], str]
) -> None:
    await poller.join()
    for _ in range(8):
        await poller.send(asking("echo", "x" * 60_000))
    await until_gone()
    assert "is given up with 1013: its peer left its answers lying" in logged()


@pytest.mark.gen_test
async def test_large_answers_that_come_at_once_reach_a_websocket_that_reads(
    open_socket: OpenSocket, asking: Asking
) -> None:
    peer = await (await open_socket()).join()
    await peer.send(asking("slow", {"seconds": 0.2}))
    for number in range(40):
        await peer.send(asking("echo", [number, "x" * 60_000]))
    answers = [json.loads((await peer.read())[2:])[1] for _ in range(41)]
    assert {answer["prediction"][0] for answer in answers if answer["model_qualified_name"] == "echo"} == set(range(40))


@TRANSPORTS
@pytest.mark.gen_test
async def test_requests_of_a_client_that_is_gone_are_dropped(
    transport: str,
    poller: Any,
    open_socket: OpenSocket,
    asking: Asking,
    shared: Shared,
    until_gone: UntilGone,
    gate: Any,
) -> None:
    peer = await joined(transport, poller, open_socket)
    await peer.send(asking("slow", {"seconds": gate.seconds}), asking("slow", {"seconds": gate.seconds}))
    await peer.send("1")
    await until_gone()
    while shared.service.open_count:
        await asyncio.sleep(0.01)
