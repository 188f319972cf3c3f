"""Who is let in: the Host and Origin rules as a table."""

from __future__ import annotations

import re

import pytest

from tornado_ml.server.guard import Guard


def can_be_allowed(origin: str) -> bool:
    """Whether an operator can name this origin in the settings."""
    return re.fullmatch(r"https?://[a-z0-9.]+(:[0-9]{1,4})?", origin) is not None


GUARD = Guard(allowed_hosts=["ml.example.org", "2001:db8::1"], allowed_origins=["https://app.example.org"])


@pytest.mark.parametrize(
    ("scheme", "host", "origin"),
    [
        ("http", "127.0.0.1:8765", None),
        ("http", "localhost", None),
        ("http", "LOCALHOST:1", None),
        ("http", "127.200.3.4:8765", None),
        ("http", "[::1]:8765", None),
        ("http", "ml.example.org", None),
        ("http", "ML.Example.org:80", None),
        ("http", "[2001:DB8:0:0::1]", None),
        ("http", "127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http", "localhost:8765", "http://localhost:8765"),
        ("http", "localhost", "http://localhost:80"),
        ("https", "ml.example.org", "https://ml.example.org"),
        ("https", "ml.example.org:443", "https://ml.example.org"),
        ("http", "[::1]:8765", "http://[::1]:8765"),
        ("http", "localhost:8765", "https://app.example.org"),
        ("http", "localhost:8765", "https://app.example.org:443"),
    ],
)
def test_a_request_from_a_program_or_the_services_own_page_is_let_in(
    scheme: str, host: str, origin: str | None
) -> None:
    assert GUARD.refusal(scheme, host, origin) is None


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        # DNS rebinding: the page and the Host agree, and the name has been made to resolve here.
        ("evil.com", "http://evil.com"),
        ("evil.com", None),
        ("", None),
        ("localhost.evil.com", None),
        ("127.0.0.1.evil.com", None),
        ("evil.com:localhost", None),
        ("user@localhost", None),
        ("localhost/evil", None),
        ("127.1", None),
        ("10.0.0.1", None),
        ("0.0.0.0", None),
        ("[::2]", None),
        ("localhost:8765:8765", None),
        ("app.example.org", None),
    ],
)
def test_a_host_that_is_not_served_is_refused(host: str, origin: str | None) -> None:
    refusal = GUARD.refusal("http", host, origin)
    assert refusal is not None
    assert "allowed_hosts" in refusal


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.com",
        "null",
        "",
        "http://localhost",
        "http://localhost:8766",
        "https://localhost:8765",
        "http://127.0.0.1:8765",
        "http://localhost:8765/",
        "http://localhost:8765@evil.com",
        "http://user@localhost:8765",
        "file://",
        "http://app.example.org",
        "https://app.example.org.evil.com",
        "http://localhost:99999",
        "http://[::1",
        # Parsers of addresses, which these are not, pass over some characters.
        "http://local\thost:8765",
        "ht\ntp://localhost:8765",
        " http://localhost:8765",
        "http://localhost:8765\n",
        "http://localhost\\@evil.com:8765",
    ],
)
def test_another_sites_page_is_refused(origin: str) -> None:
    refusal = GUARD.refusal("http", "localhost:8765", origin)
    assert refusal is not None
    assert "may not use this service" in refusal
    assert ("allowed_origins" in refusal) == can_be_allowed(origin)


def test_a_refusal_does_not_repeat_more_than_a_little() -> None:
    assert len(GUARD.refusal("http", "x" * 10_000, None) or "") < 300
