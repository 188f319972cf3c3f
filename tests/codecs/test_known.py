"""Which codec a client gets, and what plugins may bring."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.codecs.base import Codec
from tornado_ml.codecs.known import Codecs, checked
from tornado_ml.errors import PluginError

JSON, MSGPACK = "tornado-ml.v1.json", "tornado-ml.v1.msgpack"


def codec_named(name: Any, is_binary: Any = True) -> Codec:
    class Brought(Codec):
        subprotocol = name

        def decode(self, frame: str | bytes) -> Any:
            return {}

        def encode(self, document: Any) -> bytes:
            return b""

    Brought.is_binary = is_binary
    return Brought()


def selected(codecs: Codecs, *offered: str) -> str | None:
    codec = codecs.select(offered)
    return None if codec is None else codec.subprotocol


def test_the_first_known_one_in_the_clients_order_is_selected() -> None:
    codecs = Codecs()
    assert selected(codecs, MSGPACK, JSON) == MSGPACK
    assert selected(codecs, JSON, MSGPACK) == JSON
    assert selected(codecs, "mqtt", MSGPACK) == MSGPACK
    assert selected(codecs, "mqtt", MSGPACK.upper()) is None


def test_who_offers_nothing_gets_json() -> None:
    assert selected(Codecs()) == JSON


def test_what_a_plugin_brings_is_spoken_until_it_is_taken_away() -> None:
    codecs = Codecs()
    codecs.set("one", [codec_named("cbor")])
    codecs.set("two", [])
    assert codecs.subprotocols == [JSON, MSGPACK, "cbor"]
    assert selected(codecs, "cbor", JSON) == "cbor"
    codecs.set("one", [codec_named("cbor"), codec_named("bson")])
    assert codecs.subprotocols == [JSON, MSGPACK, "cbor", "bson"]
    codecs.remove("one")
    codecs.remove("two")
    assert codecs.subprotocols == [JSON, MSGPACK]


def test_two_plugins_cannot_bring_one_subprotocol() -> None:
    codecs = Codecs()
    codecs.set("one", [codec_named("cbor")])
    with pytest.raises(PluginError, match=r"Brought \(cbor\) has a subprotocol that another plugin has brought"):
        codecs.set("two", [codec_named("cbor")])
    assert codecs.subprotocols == [JSON, MSGPACK, "cbor"]


@pytest.mark.parametrize(
    ("codecs", "why"),
    [
        ([object()], "must return instances of tornado_ml.Codec"),
        ([Codec], "must return instances of tornado_ml.Codec"),
        ([codec_named("two words")], "must be a token"),
        ([codec_named("a,b")], "must be a token"),
        ([codec_named("")], "must be a token"),
        ([codec_named("ä")], "must be a token"),
        ([codec_named(None)], "must be a token"),
        ([codec_named("tornado-ml.v1.json")], "starts with 'tornado-ml.'"),
        ([codec_named("tornado-ml.bearer.x")], "starts with 'tornado-ml.'"),
        ([codec_named("cbor", None)], "whether it is_binary"),
        ([codec_named("cbor"), codec_named("cbor")], r"that .*Brought \(cbor\) has too"),
    ],
)
def test_what_is_no_codec_is_refused_with_the_reason(codecs: list[object], why: str) -> None:
    with pytest.raises(PluginError, match=why):
        checked(codecs)
