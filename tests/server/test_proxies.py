"""Whose word is taken for where a request comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders

from tornado_ml.server.proxies import Proxies

TRUSTED = Proxies(["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "10.9.9.9,10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "1.1.1.1, nonsense, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("::ffff:127.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("fd00::1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("fe80::1%eth0", "198.51.100.1", "fe80::1"),
    ],
)
def test_the_client_is_the_last_who_is_not_trusted(peer: str, forwarded_for: str, client: str) -> None:
    assert TRUSTED.client_of(peer, {"X-Forwarded-For": forwarded_for} if forwarded_for else {}) == client


def test_headers_that_come_in_several_lines_are_one_list() -> None:
    headers = HTTPHeaders()
    headers.add("X-Forwarded-For", "1.1.1.1")
    headers.add("X-Forwarded-For", "198.51.100.1")
    assert TRUSTED.client_of("10.0.0.1", headers) == "198.51.100.1"


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "HTTPS", "https"),
        ("127.0.0.1", "http, https", "https"),
        ("127.0.0.1", "https, http", "http"),
        ("127.0.0.1", "gopher", "http"),
        ("127.0.0.1", "", "http"),
        ("203.0.113.5", "https", "http"),
    ],
)
def test_the_scheme_is_the_nearest_proxys_if_that_is_trusted(peer: str, said: str, scheme: str) -> None:
    assert TRUSTED.scheme_of(peer, "http", {"X-Forwarded-Proto": said}) == scheme


def test_whoever_comes_by_a_unix_socket_is_trusted_by_name() -> None:
    headers = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https"}
    assert Proxies(["unix"]).client_of(None, headers) == "198.51.100.1"
    assert Proxies(["unix"]).scheme_of(None, "http", headers) == "https"
    assert TRUSTED.client_of(None, headers) == "127.0.0.1"
    assert TRUSTED.scheme_of(None, "http", headers) == "http"
    assert Proxies(["unix"]).client_of("127.0.0.1", headers) == "127.0.0.1"


@given(st.text(), st.text())
def test_nobody_is_believed_by_default(forwarded_for: str, forwarded_proto: str) -> None:
    headers = {"X-Forwarded-For": forwarded_for, "X-Forwarded-Proto": forwarded_proto}
    assert Proxies([]).client_of("127.0.0.1", headers) == "127.0.0.1"
    assert Proxies([]).scheme_of("127.0.0.1", "http", headers) == "http"
