"""Subscriptions and predictions on their way, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml import PushSource
from tornado_ml.server import event_stream, events
from tornado_ml.server.base import Shared
from tornado_ml.server.events import wants_events

Readers = Callable[[], Any]

TICKS = "/api/models/echo/subscriptions/ticks"
COUNTDOWN = "/api/models/echo/subscriptions/countdown"
PUSHED = "/api/models/echo/subscriptions/pushed"
COUNT = "/api/models/counter/predictions"
EVENTS = {"Accept": "text/event-stream"}


async def nothing_is_left(shared: Shared) -> None:
    """Returns when no stream, no source and no request is left."""
    async with asyncio.timeout(10):
        while (
            len(shared.sockets)
            or shared.backend.feeds.running_count
            or shared.backend.feeds.subscriber_count
            or shared.service.open_count
        ):
            await asyncio.sleep(0.005)


async def pushed(shared: Shared) -> PushSource:
    """The source that tests push into, once somebody listens."""
    (source,) = [one for one in shared.backend.feeds.sources_of("echo") if one.name == "pushed"]
    assert isinstance(source, PushSource)
    async with asyncio.timeout(10):
        while not source._readers:
            await asyncio.sleep(0.005)
    return source


def response(model: str, prediction: Any) -> dict[str, Any]:
    return {"model_qualified_name": model, "prediction": prediction}


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/event-stream", True),
        ("TEXT/Event-Stream", True),
        ("text/event-stream; charset=utf-8", True),
        ("text/event-stream, */*;q=0.1", True),
        ("text/event-stream, application/json", True),
        ("application/json;q=0.5, text/event-stream;q=0.8", True),
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("application/json", False),
        ("application/json, text/event-stream", False),
        ("application/json, text/event-stream;q=0.9", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=much", False),
    ],
)
def test_events_are_sent_to_those_who_ask_for_them_by_name(accept: str, wanted: bool) -> None:
    assert wants_events(accept) is wanted


@pytest.mark.gen_test
async def test_a_subscription_is_a_stream_of_numbered_responses_until_the_source_ends(
    event_reader: Readers, shared: Shared
) -> None:
    reader = event_reader()
    await reader.ask(COUNTDOWN + "?policy=buffer")
    await reader.head()
    assert reader.status == 200
    assert reader.headers["content-type"] == "text/event-stream"
    assert reader.headers["cache-control"] == "no-store"
    ended = {
        "subscription": "echo/countdown",
        "code": "NOT_FOUND",
        "message": "The source countdown has come to its end.",
    }
    assert await reader.all() == [
        ("prediction_response", 1, response("echo", "three")),
        ("prediction_response", 2, response("echo", "two")),
        ("prediction_response", 3, response("echo", "one")),
        ("unsubscribed", 4, ended),
    ]
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_all_subscribers_share_one_source_and_it_stops_when_the_last_one_hangs_up(
    event_reader: Readers, shared: Shared
) -> None:
    readers = [event_reader() for _ in range(3)]
    for reader in readers:
        await reader.ask(TICKS + "?policy=buffer")
        assert (await reader.event())[0] == "prediction_response"
    assert shared.backend.feeds.running_count == 1
    assert shared.backend.feeds.subscriber_count == len(shared.sockets) == 3
    for reader in readers:
        await reader.close()
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_a_newcomer_gets_the_latest_value_at_once(event_reader: Readers, shared: Shared) -> None:
    first, second = event_reader(), event_reader()
    await first.ask(PUSHED)
    source = await pushed(shared)
    source.publish("hello")
    assert await first.event() == ("prediction_response", 1, response("echo", "hello"))
    await second.ask(PUSHED)
    assert await second.event() == ("prediction_response", 1, response("echo", "hello"))


@pytest.mark.gen_test
async def test_a_rate_thins(event_reader: Readers, shared: Shared) -> None:
    reader = event_reader()
    await reader.ask(PUSHED + "?max_rate_hz=2&policy=buffer")
    source = await pushed(shared)
    source.publish("first")
    assert (await reader.event())[2]["prediction"] == "first"
    for word in ("second", "third", "fourth"):
        source.publish(word)
    assert (await reader.event())[2]["prediction"] == "fourth"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/models/nobody/subscriptions/ticks", 404, "MODEL_NOT_FOUND"),
        ("/api/models/echo/subscriptions/nothing", 404, "NOT_FOUND"),
        (TICKS + "?policy=newest", 400, "BAD_ENVELOPE"),
        (TICKS + "?max_rate_hz=0", 400, "BAD_ENVELOPE"),
        (TICKS + "?more=1", 400, "BAD_ENVELOPE"),
    ],
)
@pytest.mark.gen_test
async def test_a_subscription_that_is_refused_is_answered_with_a_status(
    event_reader: Readers, shared: Shared, path: str, status: int, code: str
) -> None:
    reader = event_reader()
    await reader.ask(path)
    document = await reader.document()
    assert (reader.status, document["code"]) == (status, code)
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_a_model_that_predicts_nothing_more_is_told_with_a_status_before_the_first_event(
    event_reader: Readers, shared: Shared
) -> None:
    shared.backend.feeds.set_sources("test", [PushSource("pushed", "Pushed.", "unloadable")])
    reader = event_reader()
    await reader.ask("/api/models/unloadable/subscriptions/pushed")
    (source,) = shared.backend.feeds.sources_of("unloadable")
    assert isinstance(source, PushSource)
    while not source._readers:
        await asyncio.sleep(0.005)
    source.publish(1)
    document = await reader.document()
    assert (reader.status, document["code"]) == (503, "MODEL_NOT_READY")
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_where_there_is_no_value_yet_the_answer_begins_with_a_comment(
    event_reader: Readers, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "OPEN_S", 0.05)
    monkeypatch.setattr(event_stream, "COMMENT_S", 0.05)
    reader = event_reader()
    await reader.ask(PUSHED)
    await reader.head()
    assert reader.status == 200
    source = await pushed(shared)
    await asyncio.sleep(0.2)
    source.publish("late")
    assert (await reader.event())[2]["prediction"] == "late"
    assert reader.comments >= 2


@pytest.mark.gen_test
async def test_a_head_request_is_answered_without_subscribing(http_client: Any, base_url: str, shared: Shared) -> None:
    response = await http_client.fetch(base_url + TICKS, method="HEAD")
    assert (response.code, response.headers["Content-Type"]) == (200, "text/event-stream")
    missing = await http_client.fetch(base_url + PUSHED + "x", method="HEAD", raise_error=False)
    assert missing.code == 404
    assert shared.backend.feeds.running_count == 0


async def fill(shared: Shared, count: int, size: int) -> None:
    """Push values so large that they do not fit between a service and a client that does not read."""
    source = await pushed(shared)
    for number in range(count):
        predicted = len(source._readers) and str(number).zfill(8) + "x" * size
        source.publish(predicted)
        while source._readers and source._readers[0].waiting:
            await asyncio.sleep(0.001)


@pytest.mark.settings("[server]\nmax_message_bytes = 1_000_000\n[subscriptions]\nbuffer_bytes = 1_000_000")
@pytest.mark.gen_test(timeout=20)
async def test_with_the_policy_latest_a_slow_reader_gets_the_newest_and_hurts_nobody(
    event_reader: Readers, shared: Shared
) -> None:
    slow, quick = event_reader(), event_reader()
    await slow.ask(PUSHED, receive_bytes=4096)
    await quick.ask(PUSHED + "?policy=buffer")
    await asyncio.sleep(0.05)
    reading = asyncio.create_task(read_until(quick, "00000049"))
    await fill(shared, 50, 200_000)
    assert len(await reading) == 50
    slow.hurry()
    numbers = await read_until(slow, "00000049")
    assert len(numbers) < 50
    assert numbers == sorted(numbers)


async def read_until(reader: Any, last: str) -> list[str]:
    """The first eight characters of each value, up to one."""
    numbers = [""]
    while numbers[-1] != last:
        numbers.append((await reader.event())[2]["prediction"][:8])
    return numbers[1:]


@pytest.mark.settings("[subscriptions]\nbuffer_bytes = 500_000")
@pytest.mark.gen_test(timeout=20)
async def test_with_the_policy_buffer_a_slow_reader_gets_all_up_to_a_limit_and_is_told(
    event_reader: Readers, shared: Shared
) -> None:
    reader = event_reader()
    await reader.ask(PUSHED + "?policy=buffer", receive_bytes=4096)
    await fill(shared, 1, 10)
    for _ in range(1000):
        if not shared.backend.feeds.subscriber_count:
            break
        await fill(shared, 10, 50_000)
    reader.hurry()
    *values, last = await reader.all()
    assert [id for _, id, _ in values] == list(range(1, len(values) + 1))
    assert last[0] == "unsubscribed"
    assert last[2]["code"] == "OVERLOADED"
    await nothing_is_left(shared)


@pytest.mark.settings("[server]\nstalled_s = 0.5")
@pytest.mark.gen_test(timeout=20)
async def test_a_client_that_takes_nothing_is_cut(
    event_reader: Readers, shared: Shared, logged: Callable[[], str]
) -> None:
    watch = asyncio.create_task(shared.sockets.watch_stalled())
    reader = event_reader()
    await reader.ask(PUSHED, receive_bytes=4096)
    await asyncio.sleep(0.05)
    filling = asyncio.create_task(fill(shared, 200, 60_000))
    await nothing_is_left(shared)
    filling.cancel()
    watch.cancel()
    assert "is given up: its peer took no byte for 0.5 s." in logged()
    assert await reader.is_cut()


@pytest.mark.settings("[server]\nmax_connections = 2")
@pytest.mark.gen_test
async def test_streams_are_counted_with_the_sockets(event_reader: Readers, connect: Any) -> None:
    await connect()
    first, second, third = event_reader(), event_reader(), event_reader()
    await first.ask(TICKS)
    assert (await first.event())[0] == "prediction_response"
    await second.ask(TICKS)
    assert (await second.document())["code"] == "OVERLOADED"
    assert (second.status, second.headers["retry-after"]) == (503, "5")
    await third.ask(COUNT, {"to": 1}, **EVENTS)
    assert (await third.document())["code"] == "OVERLOADED"


@pytest.mark.gen_test
async def test_a_stop_ends_subscriptions_with_a_last_event(event_reader: Readers, shared: Shared) -> None:
    reader, later = event_reader(), event_reader()
    await reader.ask(TICKS)
    assert (await reader.event())[0] == "prediction_response"
    shared.sockets.goaway("the service is stopping", 1)
    await asyncio.gather(shared.backend.feeds.close(), shared.service.drain(1))
    await later.ask(TICKS)
    assert (await later.document())["code"] == "SHUTTING_DOWN"
    event, _, data = (await reader.all())[-1]
    assert (event, data["code"]) == ("unsubscribed", "SHUTTING_DOWN")
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_what_is_still_open_when_the_service_closes_is_cut(event_reader: Readers, shared: Shared) -> None:
    reader = event_reader()
    await reader.ask(PUSHED)
    (await pushed(shared)).publish("x")
    assert (await reader.event())[0] == "prediction_response"
    await shared.sockets.close(5)
    assert await reader.is_cut()
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_a_prediction_on_its_way_is_a_stream_of_partials_and_then_the_response(
    event_reader: Readers, shared: Shared
) -> None:
    reader = event_reader()
    await reader.ask(COUNT, {"to": 3}, **EVENTS)
    assert await reader.all() == [
        *(("prediction_partial", number + 1, response("counter", number)) for number in range(3)),
        ("prediction_response", 4, response("counter", {"counted": 3})),
    ]
    assert reader.headers["content-type"] == "text/event-stream"
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_a_model_that_gives_no_partials_just_answers(event_reader: Readers) -> None:
    reader = event_reader()
    await reader.ask("/api/models/echo/predictions", "hello", **EVENTS)
    assert await reader.all() == [("prediction_response", 1, response("echo", "hello"))]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html"])
@pytest.mark.gen_test
async def test_whoever_does_not_ask_for_events_gets_a_document(event_reader: Readers, accept: str) -> None:
    reader = event_reader()
    await reader.ask(COUNT, {"to": 3}, Accept=accept)
    assert (await reader.document())["prediction"] == {"counted": 3}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (COUNT, {"to": "three"}, 422, "INVALID_INPUT"),
        (COUNT, {"to": 0, "fail": "raise"}, 500, "INTERNAL"),
        (COUNT + "?model_version=9", {"to": 3}, 404, "MODEL_NOT_FOUND"),
        ("/api/models/nobody/predictions", 1, 404, "MODEL_NOT_FOUND"),
        ("/api/models/unloadable/predictions", {"how": "x"}, 503, "MODEL_NOT_READY"),
    ],
)
@pytest.mark.gen_test
async def test_a_fault_before_the_first_event_is_answered_with_its_status(
    event_reader: Readers, shared: Shared, path: str, body: Any, status: int, code: str
) -> None:
    reader = event_reader()
    await reader.ask(path, body, **EVENTS)
    document = await reader.document()
    assert (reader.status, document["code"]) == (status, code)
    assert ("x-request-id" in reader.headers) is (code == "INTERNAL")
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_a_fault_after_the_first_event_is_the_last_event(event_reader: Readers, shared: Shared) -> None:
    reader = event_reader()
    await reader.ask(COUNT, {"to": 1, "fail": "raise"}, **EVENTS)
    *_, (event, id, data) = await reader.all()
    assert (event, id, data["code"]) == ("prediction_error", 2, "INTERNAL")
    assert data["model_qualified_name"] == "counter"
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_a_stop_cuts_a_prediction_off_with_a_last_event(event_reader: Readers, shared: Shared) -> None:
    reader = event_reader()
    await reader.ask(COUNT, {"to": 1000, "seconds": 0.01}, **EVENTS)
    assert (await reader.event())[0] == "prediction_partial"
    await shared.service.drain(0.05)
    event, _, data = (await reader.all())[-1]
    assert (event, data["code"]) == ("prediction_error", "SHUTTING_DOWN")
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_hanging_up_takes_a_prediction_back(event_reader: Readers, shared: Shared) -> None:
    reader = event_reader()
    await reader.ask(COUNT, {"to": 1000, "seconds": 0.01}, **EVENTS)
    assert (await reader.event())[0] == "prediction_partial"
    assert shared.service.open_count == 1
    await reader.close()
    await nothing_is_left(shared)


@pytest.mark.gen_test(timeout=20)
async def test_a_client_that_reads_slowly_slows_its_own_generator_down(event_reader: Readers, shared: Shared) -> None:
    slow, quick = event_reader(), event_reader()
    await slow.ask(COUNT, {"to": 10_000_000}, receive_bytes=4096, **EVENTS)
    await asyncio.sleep(0.3)
    (stream,) = shared.sockets
    assert stream.waiting_bytes < 10_000  # type: ignore[attr-defined]
    await quick.ask("/api/models/echo/predictions", 1, **EVENTS)
    assert (await quick.all())[0][0] == "prediction_response"
    await slow.close()
    await nothing_is_left(shared)


@pytest.mark.gen_test
async def test_an_answer_that_cannot_be_encoded_is_the_error_of_nobody_who_foresaw_it(
    event_reader: Readers, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = events.encode_json

    def encode(document: Any) -> bytes:
        if document.get("prediction") == "unspeakable":
            raise TypeError("no words for it")
        return real(document)

    monkeypatch.setattr(events, "encode_json", encode)
    reader = event_reader()
    await reader.ask("/api/models/echo/predictions", "unspeakable", **EVENTS)
    document = await reader.document()
    assert (reader.status, document["code"]) == (500, "INTERNAL")
    assert f"Request {reader.headers['x-request-id']} of model echo could not be answered." in logged()


@pytest.mark.settings('[server]\nallowed_origins = ["https://good.example"]')
@pytest.mark.gen_test
async def test_host_and_origin_are_judged_for_streams_too(event_reader: Readers, shared: Shared) -> None:
    evil, good = event_reader(), event_reader()
    await evil.ask(TICKS, Origin="https://evil.example")
    assert (await evil.document())["code"] == "FORBIDDEN"
    await good.ask(TICKS, Origin="https://good.example")
    await good.head()
    assert good.headers["access-control-allow-origin"] == "https://good.example"
    await good.close()
    await nothing_is_left(shared)
