"""What strangers' bytes are read by. Each target takes bytes, and fails by raising something."""

from __future__ import annotations

import ipaddress
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgpack
from tornado.httputil import HTTPHeaders, HTTPInputError, HTTPServerRequest, RequestStartLine

from tornado_ml.codecs.base import Codec
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.codecs.msgpack import MessagePackCodec
from tornado_ml.errors import BadFrame, ServiceError
from tornado_ml.models.tensor_arrays import TensorArrays
from tornado_ml.models.tensor_places import tensor_places
from tornado_ml.protocol import messages
from tornado_ml.server.compression import COMPRESSIONS, best_coding
from tornado_ml.server.credentials import find_credential
from tornado_ml.server.events import wants_events
from tornado_ml.server.guard import Guard
from tornado_ml.server.proxies import Proxies
from tornado_ml.settings import toml_text
from tornado_ml.traces import Parent

MAX_DEPTH = 64
JSON, MESSAGE_PACK = JSONCodec(), MessagePackCodec()
GUARD = Guard(["models.example", "[::5]"], ["https://pages.example"])
PROXIES = Proxies(["10.0.0.0/8", "::1/128"])
TENSORS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "any": {"x-tensor": {}},
        "image": {"x-tensor": {"dtype": "<f4", "shape": [None, 2]}},
        "bits": {"type": "array", "items": {"x-tensor": {"dtype": "|b1", "shape": [8]}}},
    },
}
PLACES = tensor_places(TENSORS)
assert PLACES is not None
LOAD = TensorArrays(PLACES).loading(None)


def read_frame(codec: Codec, frame: str | bytes) -> Any:
    """The document, found to be one that can be written and read again; None if it is refused."""
    try:
        document = codec.parse(frame)
        codec.check_depth(frame, document, MAX_DEPTH)
    except BadFrame:
        return None
    written = codec.encode(document)
    assert codec.decode(written if codec.is_binary else written.decode()) == document
    if isinstance(document, dict):
        messages.readable_id(document)
        numbered = codec.with_seq(codec.encode({"event": "x", **document}), 7)
        assert codec.decode(numbered if codec.is_binary else numbered.decode()) == {"seq": 7, "event": "x", **document}
        try:
            messages.parse(document)
        except ServiceError as error:
            messages.error_data(error)
    return document


def json_frames(data: bytes) -> None:
    read_frame(JSON, data.decode("utf-8", "surrogateescape"))


def msgpack_frames(data: bytes) -> None:
    document = read_frame(MESSAGE_PACK, data)
    assert not (isinstance(document, float) and not math.isfinite(document))


def tensors(data: bytes) -> None:
    try:
        document = MESSAGE_PACK.decode(data)
    except BadFrame:
        return
    _, found = PLACES.taken_from(document)
    if not PLACES.faults(found):
        LOAD(document)


def hosts(data: bytes) -> None:
    host, _, origin = data.decode("latin-1").partition("\n")
    if GUARD.refusal("http", host, None) is None:
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        name = name.strip("[]").lower()
        assert (
            name in {"localhost", "models.example"}
            or ipaddress.ip_address(name).compressed == "::5"
            or (ipaddress.ip_address(name).is_loopback)
        )
    if GUARD.refusal("http", "localhost:8765", origin) is None:
        scheme, _, place = origin.lower().partition("://")
        name, _, port = place.partition(":")
        assert (scheme, name, int(port or 443)) in {("https", "pages.example", 443), ("http", "localhost", 8765)}


def credentials(data: bytes) -> None:
    texts = data.decode("latin-1").split("\n")
    headers = HTTPHeaders({"Host": "localhost"})
    names = ("Authorization", "Sec-WebSocket-Protocol", "Cookie", "Origin", "Sec-Fetch-Site", "Accept", "traceparent")
    try:
        for name, text in zip(names, texts, strict=False):
            if text:
                headers.add(name, text)
    except HTTPInputError:
        return
    start = RequestStartLine("GET", "/ws", "HTTP/1.1")
    request = HTTPServerRequest(headers=headers, start_line=start, connection=_Connection())  # type: ignore[arg-type]
    found = find_credential(request)
    assert found is None or isinstance(found.token, str)
    wants_events(headers.get("Accept", ""))
    assert best_coding(headers.get("Accept", ""), COMPRESSIONS) in {None, *COMPRESSIONS}
    Parent.of(headers)


class _Connection:
    """As much of one as a request looks at."""

    class context:  # noqa: N801 - so it is called there
        protocol = "http"
        remote_ip = "127.0.0.1"


def forwarded(data: bytes) -> None:
    peer, _, text = data.decode("latin-1").partition("\n")
    headers = {"X-Forwarded-For": text, "X-Forwarded-Proto": text}
    client = PROXIES.client_of(peer, headers)
    if client != peer:
        ipaddress.ip_address(client)
    assert PROXIES.scheme_of(peer, "http", headers) in {"http", "https"}
    assert PROXIES.client_of("203.0.113.5", headers) == "203.0.113.5"


def toml_texts(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        document = toml_text.parse(text)
    except toml_text.BadToml as error:
        str(error).encode("utf-8", "strict")
        return
    assert set(document) >= {path[0] for path in toml_text.lines(text) if path}


class Target(NamedTuple):
    run: Callable[[bytes], None]
    seeds: Sequence[bytes]


REQUEST = {
    "event": "prediction_request",
    "id": 1,
    "data": {"model_qualified_name": "m", "input_data": [1.5, None, "é"]},
}
SEEDS: Sequence[Any] = [
    REQUEST,
    {"event": "subscribe", "data": {"topic": "models"}, "meta": {}},
    {"event": "hello", "data": {"session_token": "t", "epoch": "e", "last_seq": 2**53 - 1}},
    {"event": "prediction_cancel", "id": "é" * 64, "data": {}},
    [[[[-1, 2**63, 1e308, True]]]],
]
TENSOR_SEEDS: Sequence[Any] = [
    {"any": {"dtype": "<f8", "shape": [1], "data": bytes(8)}},
    {"image": [[1.0, 2.0], [3, 4]], "bits": [[True] * 8, {"dtype": "|b1", "shape": [8], "data": bytes(8)}]},
    {"image": {"dtype": "<f4", "shape": [1, 2], "data": "AAAAAAAAAAA="}},
    {"any": {"dtype": "<i8", "shape": [2**40, 0], "data": b""}},
]

TARGETS = {
    "json": Target(json_frames, [json.dumps(seed).encode() for seed in SEEDS]),
    "msgpack": Target(
        msgpack_frames, [msgpack.packb(seed) for seed in SEEDS] + [b"\xdd\xff\xff\xff\xff", b"\xd6\xff1234"]
    ),
    "tensors": Target(tensors, [msgpack.packb(seed) for seed in TENSOR_SEEDS]),
    "hosts": Target(
        hosts,
        [b"localhost:80\nhttp://localhost:8765", b"[::1]:8765\nnull", b"models.example\nhttps://pages.example:443"],
    ),
    "credentials": Target(
        credentials,
        [
            b"Bearer abc\n\n\n\n\ntext/event-stream;q=0.5, application/json\n00-"
            + b"a" * 32
            + b"-"
            + b"b" * 16
            + b"-01",
            b"\ntornado-ml.v1.json, tornado-ml.bearer.YWJj",
            b'\n\ntornado-ml-token="a\\"b"; x=y\nhttp://localhost\nsame-origin',
        ],
    ),
    "forwarded": Target(forwarded, [b"10.0.0.1\n1.1.1.1, 10.2.3.4", b"::ffff:10.0.0.1\n2001:db8::1%eth0, https"]),
    "toml": Target(
        toml_texts,
        [
            b'[server]\nport = 1\nallowed_hosts = ["a", "b"]\n[[plugins.models]]\nmodule_name = "x"\n',
            b"a.b = {c = 1979-05-27T07:32:00Z, d = '''x\n'''}\n\"k\" = [1, [2.5, inf], 0x1_0]\n",
            Path(__file__).parents[2].joinpath("settings.toml").read_bytes()[:3000],
        ],
    ),
}
