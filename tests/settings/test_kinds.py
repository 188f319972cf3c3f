from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from tornado_ml.settings.kinds import (
    Flag,
    Folder,
    HostName,
    Kind,
    ListOf,
    Network,
    OptionalFile,
    OptionalUrl,
    Origin,
    Seconds,
    Text,
    Whole,
    shown,
)

_PORT = Whole(0, 65535)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Flag(), 1),
        (Flag(), 0),
        (Flag(), "true"),
        (_PORT, "5"),
        (_PORT, True),
        (_PORT, 5.0),
        (_PORT, -1),
        (_PORT, 65536),
        (Whole(1), 0),
        (Seconds(zero=True), "5"),
        (Seconds(zero=True), False),
        (Seconds(zero=True), -0.1),
        (Seconds(zero=True), math.inf),
        (Seconds(zero=True), math.nan),
        (Seconds(zero=True), 10**400),
        (Seconds(zero=False), 0),
        (Text(), ""),
        (Text(), 5),
        (Text(), ["a"]),
        (HostName(), ""),
        (HostName(), 1),
        (HostName(), "*"),
        (HostName(), "a:80"),
        (HostName(), "http://a"),
        (HostName(), "a/b"),
        (HostName(), "a\n"),
        (HostName(), "-a"),
        (HostName(), "bücher.example"),
        (HostName(), "\N{KELVIN SIGN}.example"),
        (HostName(), "[::1"),
        (HostName(), "[::1]:80"),
        (Origin(), "a.example"),
        (Origin(), "null"),
        (Origin(), "*"),
        (Origin(), "https://"),
        (Origin(), "https://*.a.example"),
        (Origin(), "https://a.example/"),
        (Origin(), "https://a.example/path"),
        (Origin(), "https://a.example:"),
        (Origin(), "https://a.example:65536"),
        (Origin(), "https://user@a.example"),
        (Origin(), "https://a.example\n"),
        (Origin(), "http://::1"),
        (Origin(), "http://[zz]"),
        (Origin(), "http://[1.2.3.4]"),
        (Origin(), 5),
        (Network(), ""),
        (Network(), 5),
        (Network(), "Unix"),
        (Network(), "proxy.example"),
        (Network(), "10.0.0.1/8"),
        (Network(), "10.0.0.0/33"),
        (OptionalUrl(), 5),
        (OptionalUrl(), "localhost:4318"),
        (OptionalUrl(), "http://"),
        (OptionalUrl(), "ftp://host"),
        (OptionalFile(), 5),
        (OptionalFile(), "a\0b"),
        (Folder(), ""),
        (Folder(), "a\0b"),
        (Folder(), "~nobody-has-this-name/plugins"),
        (Folder(), 5),
        (ListOf(Text(), "a list of names"), "a"),
        (ListOf(Text(), "a list of names"), {"a": 1}),
    ],
)
def test_what_a_kind_does_not_want_is_refused_with_what_it_wants_and_what_it_got(
    kind: Kind[Any], value: object
) -> None:
    with pytest.raises(ValidationError) as refusal:
        kind.deserialize(value)
    assert refusal.value.messages == [f"must be {kind.wants}, got {shown(value)}"]


@pytest.mark.parametrize(
    ("kind", "value", "accepted"),
    [
        (Flag(), False, False),
        (_PORT, 0, 0),
        (_PORT, 65535, 65535),
        (Whole(1), 10**30, 10**30),
        (Seconds(zero=True), 0, 0.0),
        (Seconds(zero=False), 5, 5.0),
        (Text(), " ", " "),
        (HostName(), "ML.Example.com", "ml.example.com"),
        (HostName(), "127.0.0.1", "127.0.0.1"),
        (HostName(), "::", "::"),
        (HostName(), "[2001:DB8:0::1]", "2001:db8::1"),
        (Origin(), "https://A.Example", "https://a.example"),
        (Origin(), "https://a.example:443", "https://a.example"),
        (Origin(), "http://a.example:0080", "http://a.example"),
        (Origin(), "https://a.example:80", "https://a.example:80"),
        (Origin(), "http://[0:0::1]:8000", "http://[::1]:8000"),
        (Origin(), "capacitor://localhost", "capacitor://localhost"),
        (Network(), "unix", "unix"),
        (Network(), "127.0.0.1", "127.0.0.1/32"),
        (Network(), "10.0.0.0/8", "10.0.0.0/8"),
        (Network(), "FD00:0::/8", "fd00::/8"),
        (OptionalUrl(), "", ""),
        (OptionalUrl(), "https://host:4318/v1/traces", "https://host:4318/v1/traces"),
        (OptionalFile(), "", ""),
        (OptionalFile(), "tls/key.pem", Path("tls/key.pem")),
        (Folder(), "./~", Path("~")),
        (Folder(), "a/../b", Path("a/../b")),
        (ListOf(Whole(0), "a list of numbers"), [1, 2], (1, 2)),
        (ListOf(Whole(0), "a list of numbers"), (), ()),
    ],
)
def test_what_a_kind_wants_is_accepted(kind: Kind[Any], value: object, accepted: object) -> None:
    result = kind.deserialize(value)
    assert result == accepted
    assert type(result) is type(accepted)


def test_a_tilde_is_the_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert Folder().deserialize("~/plugins") == Path("/home/ann/plugins")


def test_every_faulty_entry_of_a_list_is_named() -> None:
    with pytest.raises(ValidationError) as refusal:
        ListOf(Text(), "a list of names").deserialize(["a", 1, "b", ""])
    assert refusal.value.messages == {
        1: ["must be a string that is not empty, got the number 1"],
        3: ['must be a string that is not empty, got the string ""'],
    }


@given(st.sampled_from([HostName(), Origin()]), st.data())
def test_an_accepted_name_is_accepted_again_unchanged(kind: HostName | Origin, data: st.DataObject) -> None:
    host = data.draw(st.from_regex(r"[A-Za-z0-9_.-]{1,8}", fullmatch=True) | st.ip_addresses(v=6).map("[{}]".format))
    port = data.draw(st.none() | st.integers(0, 70_000))
    written = host if type(kind) is HostName else f"https://{host}" + ("" if port is None else f":{port}")
    accepted = kind.accept(written)
    assert accepted is None or kind.accept(accepted) == accepted == accepted.lower()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "the boolean true"),
        (1.5, "the number 1.5"),
        pytest.param(10**5000, "a very large number", id="very large"),
        ("a\nb", r'the string "a\nb"'),
        ("x" * 100, f'the string "{"x" * 80}…"'),
        ([], "a list"),
        ({}, "a table"),
        (Path(), "a PosixPath"),
    ],
)
def test_any_value_is_shown_in_few_words(value: object, words: str) -> None:
    assert shown(value) == words
