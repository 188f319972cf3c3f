"""Tensors and codecs through a real socket, and through REST."""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from websockets.asyncio.client import connect as foreign_connect

from tornado_ml.client import Client
from tornado_ml.codecs.known import Codecs

Ask = Callable[..., dict[str, Any]]
Connect = Callable[..., Any]
JSON, MSGPACK = "tornado-ml.v1.json", "tornado-ml.v1.msgpack"
each_codec = pytest.mark.parametrize("codec", [JSON, MSGPACK])

IMAGE = np.array([[0, 1], [0.25, 0.75]], "<f4")
NEGATIVE = 1 - IMAGE


@pytest.fixture
def dropins() -> Path:
    return Path(__file__).parents[1] / "dropins_codecs"


def tensor(codec: str, array: np.ndarray[Any, Any]) -> dict[str, Any]:
    """The array as it is sent."""
    data: Any = array.tobytes()
    if codec == JSON:
        data = base64.b64encode(data).decode()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": data}


@each_codec
@pytest.mark.parametrize("model", ["negative", "negative_apart"])
@pytest.mark.gen_test
async def test_an_array_is_sent_and_answered_with_an_array(connect: Connect, ask: Ask, codec: str, model: str) -> None:
    peer = await connect(subprotocols=[codec])
    for sent in (tensor(codec, IMAGE), tensor(JSON, IMAGE), IMAGE.tolist()):
        answer = await peer.ask(ask(model, {"image": sent}))
        assert answer["data"]["prediction"] == {"image": tensor(codec, NEGATIVE), "mean": 0.5}
    empty = np.zeros((0, 2), "<f4")
    answer = await peer.ask(ask(model, {"image": tensor(codec, empty)}))
    assert answer["data"]["prediction"]["image"] == tensor(codec, empty)


@each_codec
@pytest.mark.gen_test
async def test_a_tensor_that_does_not_fit_is_refused_with_the_place(connect: Connect, ask: Ask, codec: str) -> None:
    peer = await connect(subprotocols=[codec])
    good = tensor(codec, IMAGE)
    for image, path in [
        (good | {"data": good["data"][:-4]}, "/image/data"),
        (good | {"shape": [2, 3]}, "/image/shape/1"),
        (good | {"shape": [2**40, 2]}, "/image/data"),
        (good | {"dtype": "<f8"}, "/image/dtype"),
        ([[1, 2], [3]], "/image/1"),
        ([[1, 1e300]], "/image/0/1"),
        (None, "/image"),
    ]:
        answer = await peer.ask(ask("negative", {"image": image}))
        assert answer["data"]["code"] == "INVALID_INPUT"
        assert [fault["path"] for fault in answer["data"]["details"]] == [path]


@each_codec
@pytest.mark.parametrize(("how", "path"), [("wrong dtype", "/image/dtype"), ("wrong shape", "/image/shape")])
@pytest.mark.gen_test
async def test_an_array_that_was_not_promised_is_an_invalid_output(
    connect: Connect, ask: Ask, logged: Callable[[], str], codec: str, how: str, path: str
) -> None:
    peer = await connect(subprotocols=[codec])
    answer = await peer.ask(ask("negative", {"image": tensor(codec, IMAGE), "how": how}))
    assert answer["data"]["code"] == "INVALID_OUTPUT"
    assert path in logged()


@pytest.mark.gen_test
async def test_bytes_where_the_schema_has_no_tensor_are_refused_with_the_place(connect: Connect, ask: Ask) -> None:
    peer = await connect(subprotocols=[MSGPACK])
    answer = await peer.ask(ask("negative", {"image": tensor(MSGPACK, IMAGE), "more": [b"raw"]}))
    assert answer["data"]["code"] == "INVALID_INPUT"
    assert [fault["path"] for fault in answer["data"]["details"]] == ["/more/0"]
    answer = await peer.ask(ask("negative", b"raw"))
    assert (answer["data"]["code"], answer["data"]["details"][0]["path"]) == ("INVALID_INPUT", "")


@pytest.mark.gen_test
async def test_bytes_in_the_envelope_are_refused_with_the_place(connect: Connect, ask: Ask) -> None:
    peer = await connect(subprotocols=[MSGPACK])
    good = ask("negative", {"image": [[1, 2]]})
    for bad, path in [
        (good | {"id": b"1"}, "/id"),
        (good | {"meta": {"model_version": b"1"}}, "/meta/model_version"),
        (good | {"meta": {"replaces": b"1"}}, "/meta/replaces"),
        (good | {"data": b""}, "/data"),
        (good | {"event": b"prediction_request"}, "/event"),
    ]:
        answer = await peer.ask(bad)
        assert (answer["data"]["code"], answer["data"]["details"][0]["path"]) == ("BAD_ENVELOPE", path)
    assert (await peer.ask({"event": "ping", "data": {"any": b"\xff"}}))["data"] == {"any": b"\xff"}


@pytest.mark.gen_test
async def test_a_tensor_in_json_is_taken_over_http_too(http_client: Any, base_url: str) -> None:
    answer = await http_client.fetch(
        f"{base_url}/api/models/negative/predictions", method="POST", body=json.dumps({"image": tensor(JSON, IMAGE)}),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    assert json.loads(answer.body)["prediction"] == {"image": tensor(JSON, NEGATIVE), "mean": 0.5}
    metadata = json.loads((await http_client.fetch(f"{base_url}/api/models/negative/metadata")).body)
    assert metadata["input_schema"]["properties"]["image"]["x-tensor"] == {"dtype": "<f4", "shape": [None, 2]}


@pytest.mark.gen_test
async def test_a_foreign_client_speaks_messagepack(socket_url: str, ask: Ask) -> None:
    async with foreign_connect(socket_url, subprotocols=[MSGPACK]) as socket:  # type: ignore[list-item]
        await socket.send(msgpack.packb(ask("negative", {"image": tensor(MSGPACK, IMAGE)}, id=2**53 - 1)))
        answer = msgpack.unpackb(await socket.recv())
    assert answer["id"] == 2**53 - 1
    assert answer["data"]["prediction"]["image"] == tensor(MSGPACK, NEGATIVE)


@each_codec
@pytest.mark.gen_test
async def test_our_own_client_sends_bytes_in_each_codec(socket_url: str, codec: str) -> None:
    spoken = Codecs().select([codec])
    async with await Client.connect(socket_url, codec=spoken) as client:
        assert (await client.predict("negative", {"image": tensor(MSGPACK, IMAGE)}))["prediction"] == {
            "image": tensor(codec, NEGATIVE),
            "mean": 0.5,
        }


@each_codec
@pytest.mark.gen_test
async def test_frames_of_a_resumable_connection_are_numbered_in_each_codec(
    connect: Connect, ask: Ask, codec: str
) -> None:
    peer = await connect(subprotocols=[codec])
    assert (await peer.ask({"event": "hello", "data": {}}))["event"] == "welcome"
    for number in (1, 2):
        answer = await peer.ask(ask("negative", {"image": tensor(codec, IMAGE)}))
        assert answer["seq"] == number
        assert answer["data"]["prediction"]["image"] == tensor(codec, NEGATIVE)


@pytest.mark.gen_test
async def test_a_codec_that_a_plugin_brings_is_spoken(socket_url: str, ask: Ask) -> None:
    async with foreign_connect(socket_url, subprotocols=["literals"]) as socket:  # type: ignore[list-item]
        for frame, outcome in [
            (repr(ask("negative", {"image": [[1, 0]]})), "prediction"),
            (repr(ask("negative", {"image": tensor(MSGPACK, IMAGE)})), "prediction"),
            ("no literal", "code"),
            (b"{}", "code"),
        ]:
            await socket.send(frame)
            assert outcome in ast.literal_eval(str(await socket.recv()))["data"]
        await socket.send(repr({"event": "hello", "data": {}}))
        await socket.send(repr(ask("negative", {"image": [[1, 0]]})))
        assert "seq" not in ast.literal_eval(str(await socket.recv()))
        assert next(iter(ast.literal_eval(str(await socket.recv())))) == "seq"
