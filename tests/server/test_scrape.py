"""`GET /metrics`, as whatever scrapes asks for it."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tornado_ml.server.base import Shared


@pytest.fixture
def scrape(http_client: AsyncHTTPClient, base_url: str) -> Any:
    """Asks for the metrics, and leaves what is compressed as it is."""

    async def scrape(query: str = "", **options: Any) -> HTTPResponse:
        return await http_client.fetch(
            f"{base_url}/metrics{query}", decompress_response=False, raise_error=False, **options
        )

    return scrape


@pytest.mark.gen_test
async def test_what_prometheus_asks_for_is_openmetrics_and_what_a_person_gets_is_plain_text(scrape: Any) -> None:
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
    answer = await scrape(headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert len(list(openmetrics.text_string_to_metric_families(answer.body.decode()))) > 30
    plain = await scrape()
    assert plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert len(list(text_string_to_metric_families(plain.body.decode()))) > 30


@pytest.mark.gen_test
async def test_it_is_compressed_for_whoever_takes_that_and_kept_by_nobody(scrape: Any) -> None:
    answer = await scrape(headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body).startswith(b"# HELP tornado_ml_")
    assert answer.headers["Cache-Control"] == "no-store"
    assert {"Accept", "Accept-Encoding"} <= {one.strip() for one in answer.headers["Vary"].split(",")}
    assert "Content-Encoding" not in (await scrape(headers={"Accept-Encoding": "identity"})).headers


@pytest.mark.parametrize(
    ("query", "options", "status"),
    [
        ("", {"headers": {"Host": "evil.com"}}, 403),
        ("", {"headers": {"Origin": "http://evil.com"}}, 403),
        ("?name=x", {}, 400),
        ("", {"method": "POST", "body": ""}, 405),
    ],
)
@pytest.mark.gen_test
async def test_it_is_guarded_like_everything_else(
    scrape: Any, query: str, options: dict[str, Any], status: int
) -> None:
    answer = await scrape(query, **options)
    assert answer.code == status
    assert b"tornado_ml_requests_total" not in answer.body


@pytest.mark.gen_test
async def test_it_is_answered_while_the_service_comes_to_a_stop(scrape: Any, shared: Shared) -> None:
    await shared.service.drain(0)
    answer = await scrape()
    assert answer.code == 200
    assert b"\ntornado_ml_ready 0.0\n" in answer.body


class TestWithTokens:
    @pytest.fixture
    def settings_text(self, book: Any) -> str:
        book.add("scraper", "metrics")
        book.add("stranger", "predict:*")
        text: str = book.settings_text
        return text

    @pytest.mark.gen_test
    async def test_where_tokens_are_asked_for_it_takes_the_right_metrics(self, scrape: Any, book: Any) -> None:
        assert (await scrape()).code == 401
        assert (await scrape(headers=book.headers("stranger"))).code == 403
        assert (await scrape(headers=book.headers("scraper"))).code == 200
