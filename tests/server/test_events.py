"""Subscriptions and predictions on their way, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml import PushSource
from tornado_ml.codecs.json import encode_json
from tornado_ml.server import events
from tornado_ml.server.base import Shared
from tornado_ml.server.events import wants_events

Readers = Callable[[], Any]

TICKS = "/api/models/echo/subscriptions/ticks"
COUNTDOWN = "/api/models/echo/subscriptions/countdown"
PUSHED = "/api/models/echo/subscriptions/pushed"
COUNT = "/api/models/counter/predictions"
EVENTS = {"Accept": "text/event-stream"}


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
    event_reader: Readers, nothing_is_left: Any
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
    await nothing_is_left()


@pytest.mark.gen_test
async def test_all_subscribers_share_one_source_and_it_stops_when_the_last_one_hangs_up(
    event_reader: Readers, shared: Shared, nothing_is_left: Any
) -> None:
    readers = [event_reader() for _ in range(3)]
    for reader in readers:
        await reader.ask(TICKS + "?policy=buffer")
        assert (await reader.event())[0] == "prediction_response"
    assert shared.backend.feeds.running_count == 1
    assert shared.backend.feeds.subscriber_count == len(shared.sockets) == 3
    for reader in readers:
        await reader.close()
    await nothing_is_left()


@pytest.mark.gen_test
async def test_a_newcomer_gets_the_latest_value_at_once(event_reader: Readers, pushed: Any) -> None:
    first, second = event_reader(), event_reader()
    await first.ask(PUSHED)
    source = await pushed()
    source.publish("hello")
    assert await first.event() == ("prediction_response", 1, response("echo", "hello"))
    await second.ask(PUSHED)
    assert await second.event() == ("prediction_response", 1, response("echo", "hello"))


@pytest.mark.usefixtures("steady")
@pytest.mark.gen_test
async def test_a_rate_thins(event_reader: Readers, pushed: Any) -> None:
    reader = event_reader()
    await reader.ask(PUSHED + "?max_rate_hz=2&policy=buffer")
    source = await pushed()
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
    event_reader: Readers, path: str, status: int, code: str, nothing_is_left: Any
) -> None:
    reader = event_reader()
    await reader.ask(path)
    document = await reader.document()
    assert (reader.status, document["code"]) == (status, code)
    await nothing_is_left()


@pytest.mark.gen_test
async def test_a_model_that_predicts_nothing_more_is_told_with_a_status_before_the_first_event(
    event_reader: Readers, shared: Shared, nothing_is_left: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "OPEN_S", 60)
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
    await nothing_is_left()


@pytest.mark.gen_test
async def test_a_head_request_is_answered_without_subscribing(http_client: Any, base_url: str, shared: Shared) -> None:
    response = await http_client.fetch(base_url + TICKS, method="HEAD")
    assert (response.code, response.headers["Content-Type"]) == (200, "text/event-stream")
    missing = await http_client.fetch(base_url + PUSHED + "x", method="HEAD", raise_error=False)
    assert missing.code == 404
    assert shared.backend.feeds.running_count == 0


@pytest.mark.gen_test
async def test_a_stop_ends_subscriptions_with_a_last_event(
    event_reader: Readers, shared: Shared, nothing_is_left: Any
) -> None:
    reader, later = event_reader(), event_reader()
    await reader.ask(TICKS)
    assert (await reader.event())[0] == "prediction_response"
    shared.sockets.goaway("the service is stopping", 1)
    await asyncio.gather(shared.backend.feeds.close(), shared.service.drain(1))
    await later.ask(TICKS)
    assert (await later.document())["code"] == "SHUTTING_DOWN"
    event, _, data = (await reader.all())[-1]
    assert (event, data["code"]) == ("unsubscribed", "SHUTTING_DOWN")
    await nothing_is_left()


@pytest.mark.gen_test
async def test_a_prediction_on_its_way_is_a_stream_of_partials_and_then_the_response(
    event_reader: Readers, nothing_is_left: Any
) -> None:
    reader = event_reader()
    await reader.ask(COUNT, {"to": 3}, **EVENTS)
    assert await reader.all() == [
        *(("prediction_partial", number + 1, response("counter", number)) for number in range(3)),
        ("prediction_response", 4, response("counter", {"counted": 3})),
    ]
    assert reader.headers["content-type"] == "text/event-stream"
    await nothing_is_left()


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
    event_reader: Readers, path: str, body: Any, status: int, code: str, nothing_is_left: Any
) -> None:
    reader = event_reader()
    await reader.ask(path, body, **EVENTS)
    document = await reader.document()
    assert (reader.status, document["code"]) == (status, code)
    assert ("x-request-id" in reader.headers) is (code == "INTERNAL")
    await nothing_is_left()


@pytest.mark.gen_test
async def test_a_fault_after_the_first_event_is_the_last_event(event_reader: Readers, nothing_is_left: Any) -> None:
    reader = event_reader()
    await reader.ask(COUNT, {"to": 1, "fail": "raise"}, **EVENTS)
    *_, (event, id, data) = await reader.all()
    assert (event, id, data["code"]) == ("prediction_error", 2, "INTERNAL")
    assert data["model_qualified_name"] == "counter"
    await nothing_is_left()


@pytest.mark.gen_test
async def test_a_stop_cuts_a_prediction_off_with_a_last_event(
    event_reader: Readers, shared: Shared, nothing_is_left: Any
) -> None:
    reader = event_reader()
    await reader.ask(COUNT, {"to": 1000, "seconds": 0.01}, **EVENTS)
    assert (await reader.event())[0] == "prediction_partial"
    await shared.service.drain(0.05)
    event, _, data = (await reader.all())[-1]
    assert (event, data["code"]) == ("prediction_error", "SHUTTING_DOWN")
    await nothing_is_left()


@pytest.mark.gen_test
async def test_hanging_up_takes_a_prediction_back(event_reader: Readers, shared: Shared, nothing_is_left: Any) -> None:
    reader = event_reader()
    await reader.ask(COUNT, {"to": 1000, "seconds": 0.01}, **EVENTS)
    assert (await reader.event())[0] == "prediction_partial"
    assert shared.service.open_count == 1
    await reader.close()
    await nothing_is_left()


@pytest.mark.gen_test
async def test_an_answer_that_cannot_be_encoded_is_the_error_of_nobody_who_foresaw_it(
    event_reader: Readers, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def encode(document: Any) -> bytes:
        if document.get("prediction") == "unspeakable":
            raise TypeError("no words for it")
        return encode_json(document)

    monkeypatch.setattr(events, "encode_json", encode)
    reader = event_reader()
    await reader.ask("/api/models/echo/predictions", "unspeakable", **EVENTS)
    document = await reader.document()
    assert (reader.status, document["code"]) == (500, "INTERNAL")
    assert f"Request {reader.headers['x-request-id']} of model echo could not be answered." in logged()


@pytest.mark.settings('[server]\nallowed_origins = ["https://good.example"]')
@pytest.mark.gen_test
async def test_host_and_origin_are_judged_for_streams_too(event_reader: Readers, nothing_is_left: Any) -> None:
    evil, good = event_reader(), event_reader()
    await evil.ask(TICKS, Origin="https://evil.example")
    assert (await evil.document())["code"] == "FORBIDDEN"
    await good.ask(TICKS, Origin="https://good.example")
    await good.head()
    assert good.headers["access-control-allow-origin"] == "https://good.example"
    await good.close()
    await nothing_is_left()
