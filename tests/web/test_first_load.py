"""What the first look at a page costs, and the second."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

MAX_REQUESTS = 12
MAX_BYTES = 40_000
PREDICT = "/models/iris_model/predict"


class Traffic:
    """What a page fetches: paths, and bytes as they come over the wire, headers and all."""

    def __init__(self, page) -> None:
        self._requests: dict[str, dict[str, Any]] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", lambda event: self._begin(event["requestId"], event["request"]["url"]))
        session.on("Network.webSocketCreated", lambda event: self._begin(event["requestId"], event["url"]))
        session.on("Network.requestServedFromCache", lambda event: self._requests.pop(event["requestId"], None))
        session.on("Network.responseReceived", self._answer)
        session.on("Network.loadingFinished", self._end)
        session.send("Network.enable")

    @property
    def paths(self) -> list[str]:
        return [urlsplit(request["url"]).path for request in self._requests.values()]

    @property
    def byte_count(self) -> int:
        return sum(request["bytes"] for request in self._requests.values())

    def clear(self) -> None:
        self._requests.clear()

    def _begin(self, key: str, url: str) -> None:
        self._requests[key] = {"url": url, "bytes": 0}

    def _answer(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._requests.pop(event["requestId"], None)

    def _end(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._requests:
            self._requests[event["requestId"]]["bytes"] = event["encodedDataLength"]


def look(page, url: str) -> None:
    """Open the page and wait until it can be used and asks for nothing more."""
    page.goto(url, wait_until="networkidle")
    expect(page.get_by_role("button", name="Predict")).to_be_enabled()
    expect(page.locator("#connection")).to_have_text("Connected")
    page.wait_for_load_state("networkidle")


def test_the_first_look_is_light(service, page) -> None:
    traffic = Traffic(page)
    look(page, service.url + PREDICT)
    report = "\n".join(traffic.paths)
    assert len(traffic.paths) <= MAX_REQUESTS, report
    assert traffic.byte_count <= MAX_BYTES, report
    assert sorted(set(traffic.paths)) == sorted(traffic.paths), "nothing is asked for twice"


def test_the_second_look_asks_only_for_what_may_have_changed(service, page) -> None:
    traffic = Traffic(page)
    look(page, service.url + PREDICT)
    traffic.clear()
    look(page, service.url + PREDICT)
    assert sorted(traffic.paths) == sorted([PREDICT, "/ws", "/api/models", "/api/models/iris_model/metadata"])


@pytest.mark.parametrize("tab", ["predict", "metadata"])
def test_what_comes_with_the_document_is_what_the_scripts_would_draw(service, page, tab: str) -> None:
    head = "document.querySelector('.model-head').innerHTML"
    with_scripts = service.url + f"/models/iris_model/{tab}"
    page.route("**/*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(with_scripts)
    served = page.evaluate(head)
    page.unroute_all()
    page.goto(service.url + f"/models/iris_model/{'metadata' if tab == 'predict' else 'predict'}")
    page.get_by_role("link", name=tab.capitalize(), exact=True).click()
    expect(page).to_have_url(with_scripts)
    expect(page.locator(".model-head .badge")).to_have_text("ready")
    assert page.evaluate(head) == served


def test_the_documents_that_come_beforehand_are_taken(service, page) -> None:
    """What is fetched by a hint, and then once more, would be a warning in the console or a second request."""
    traffic = Traffic(page)
    page.goto(service.url, wait_until="networkidle")
    assert sorted(path for path in traffic.paths if path.startswith("/api/")) == ["/api/models", "/api/plugins"]


CHECKER = "**/js/schema/checker.js"


def fill(page, value: str) -> None:
    expect(page.get_by_role("button", name="Predict")).to_be_visible()
    for field in page.locator(".input input[inputmode]").all():
        field.fill(value)


def test_what_checks_an_input_comes_with_the_first_sign_of_use(service, page) -> None:
    traffic = Traffic(page)
    look(page, service.url + PREDICT)
    assert not [path for path in traffic.paths if "checker" in path]
    with page.expect_response(CHECKER):
        page.mouse.move(200, 200)


def test_a_prediction_asked_for_at_once_waits_for_what_checks_its_input(service, page) -> None:
    held: list[Any] = []
    page.route(CHECKER, lambda route: held.append(route))
    with page.expect_request(CHECKER):
        page.goto(service.url + PREDICT)
        fill(page, "99")
    answer = page.locator(".answer")
    page.get_by_role("button", name="Predict").dblclick()
    expect(answer).to_contain_text("The prediction appears here.")
    held[0].continue_()
    expect(answer).to_contain_text("Not sent")
    expect(page.locator(".input :focus")).to_have_value("99")


def test_where_what_checks_an_input_cannot_be_had_the_service_judges(service, page) -> None:
    page.route(CHECKER, lambda route: route.abort())
    page.goto(service.url + PREDICT)
    fill(page, "99")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text("INVALID_INPUT")


def test_the_second_time_what_checks_an_input_is_asked_for_again(service, page) -> None:
    page.route(CHECKER, lambda route: route.abort(), times=1)
    page.goto(service.url + PREDICT)
    with page.expect_event("requestfailed"):
        fill(page, "99")
    with page.expect_response(CHECKER):
        page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text("Not sent")
