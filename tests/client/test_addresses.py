from __future__ import annotations

import pytest

from tornado_ml.client.addresses import DEFAULT_PAGE_URL, DEFAULT_SOCKET_URL, page_url, socket_url


@pytest.mark.parametrize(
    ("url", "page", "socket"),
    [
        (DEFAULT_PAGE_URL, DEFAULT_PAGE_URL, DEFAULT_SOCKET_URL),
        (DEFAULT_SOCKET_URL, DEFAULT_PAGE_URL, DEFAULT_SOCKET_URL),
        ("ws://127.0.0.1:8765", DEFAULT_PAGE_URL, DEFAULT_SOCKET_URL),
        ("http://127.0.0.1:8765/", DEFAULT_PAGE_URL, DEFAULT_SOCKET_URL),
        ("https://ml.example.org/iris/", "https://ml.example.org/iris", "wss://ml.example.org/iris/ws"),
        ("wss://ml.example.org/iris/ws/", "https://ml.example.org/iris", "wss://ml.example.org/iris/ws"),
        ("HTTP://[::1]:80/?a=b#c", "http://[::1]:80", "ws://[::1]:80/ws"),
    ],
)
def test_the_page_and_the_socket_stand_for_each_other(url: str, page: str, socket: str) -> None:
    assert (page_url(url), socket_url(url)) == (page, socket)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "localhost:8765",
        "//localhost",
        "ftp://localhost",
        "ws://",
        "ws://a:b/",
        "ws://[::1/",
        "ws://a:0",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(url: str) -> None:
    for convert in (page_url, socket_url):
        with pytest.raises(ValueError, match=r"is no address of a service; one looks like http://127\."):
            convert(url)
