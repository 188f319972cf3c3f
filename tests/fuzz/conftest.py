"""What a client may say, right and wrong: documents from the declared envelopes, and what becomes of them."""

from __future__ import annotations

import copy
import json
import logging
import string
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tornado_ml.protocol.events import EVENTS

KNOWN = {"$session": "session", "$subscription": "subscription", "$session_token": "session_token", "$epoch": "epoch"}
"""What stands in a document for what the service has said last."""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 2**31, 2**53, -(2**53), 2**63 - 1, -(2**63), 0.0, -0.0, 1.0, 1.5, 1e308, 5e-324]),
    st.sampled_from(
        ["", "\0", "\n", "a\r\nb: c", "../../etc/passwd", "%2e%2e", "<img src=x onerror=alert(1)>", "\u202e"]
    ),
    st.integers(-5, 30),
    TEXT,
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5
)
INPUTS = st.one_of(
    st.sampled_from(
        [
            0,
            20,
            {"number": 1.5, "count": 2, "word": "a-b", "kind": "small", "day": "2024-02-29", "parts": [{"x": True}]},
            {"number": 1.5, "word": "a" * 60 + "!"},
            {"image": [[1.0, 2.0]], "more": 1},
            {"image": {"dtype": "<f4", "shape": [1, 2], "data": "AAAAAAAAAAA="}},
            {"image": {"dtype": "<f4", "shape": [1, 2], "data": bytes(8)}},
            {"image": {"dtype": "<f4", "shape": [2**40, 2], "data": ""}},
            {"image": {"dtype": "<f4", "shape": [-1, 2], "data": "A"}},
        ]
    ),
    JSON,
)
IDS = st.one_of(st.integers(0, 5), st.sampled_from(["a", "b", 2**53 - 1, "é" * 64]))
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "id": IDS,
    "replaces": IDS,
    "model_qualified_name": st.sampled_from(["echo", "form", "tensor", "steps", "adder", "nobody", "", "../x"]),
    "model_version": st.sampled_from(["1", "1.0", "2", "999999999.999999999"]),
    "input_data": INPUTS,
    "parameters": st.integers(0, 1000) | JSON,
    "source": st.sampled_from(["ticks", "nothing"]),
    "session": st.sampled_from(["$session", "nobody's"]),
    "subscription": st.sampled_from(["$subscription", "nobody's"]),
    "session_token": st.sampled_from(["$session_token", "nobody's"]),
    "epoch": st.sampled_from(["$epoch", "none"]),
    "last_seq": st.integers(0, 3),
    "deadline_ms": st.sampled_from([0.000001, 5, 86_400_000]),
    "tracestate": TEXT,
    "traceparent": st.sampled_from(["00-" + "a" * 32 + "-" + "b" * 16 + "-01", "", "00-0-0-0"]),
}
"""For the keys whose good values no schema tells."""


def from_schema(schema: Any, root: Any, name: str = "") -> st.SearchStrategy[Any]:
    """What fits a schema of an envelope, more or less; where a key is known by name, what makes sense there."""
    if "$ref" in schema:
        return from_schema(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if name in BY_NAME:
        return BY_NAME[name]
    if schema.get("type") == "object" and "properties" in schema:
        made = {key: from_schema(part, root, key) for key, part in schema["properties"].items()}
        forms = [form.get("required", ()) for form in schema.get("oneOf", [])] or [schema.get("required", ())]
        optional = not schema.get("oneOf")
        return st.one_of(
            [
                st.fixed_dictionaries(
                    {key: made[key] for key in form},
                    optional={key: part for key, part in made.items() if optional and key not in form},
                )
                for form in forms
            ]
        )
    if schema.get("type") == "boolean":
        return st.booleans()
    if schema.get("type") == "number":
        return st.floats(schema.get("minimum", 0.1), schema.get("maximum", 1e6))
    assert schema.get("type") in {None, "object"}, f"{name} needs a place in BY_NAME: {schema}"
    return JSON


DOCUMENTS = st.one_of(
    [from_schema(event.envelope(), event.envelope()) for event in EVENTS if event.sender == "client"]
    # Most that is asked is a prediction.
    + [from_schema(event.envelope(), event.envelope()) for event in EVENTS if event.name == "prediction_request"] * 3
)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Each container in a document with each of its keys."""
    waiting = [document]
    while waiting:
        container = waiting.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        for key in keys:
            yield container, key
            if isinstance(container[key], dict | list):
                waiting.append(container[key])


@st.composite
def changed_documents(draw: st.DrawFn) -> Any:
    """A good document in which something has been taken away, put in place of another, or added."""
    document = copy.deepcopy(draw(DOCUMENTS))
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(document))
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        how = draw(st.integers(0, 3))
        if how == 0:
            del container[key]
        elif how == 1 and isinstance(container, dict):
            container[draw(TEXT)] = draw(JSON)
        elif how == 2:
            container[key] = draw(JSON)
        else:
            for _ in range(draw(st.sampled_from([1, 63, 64, 200]))):
                container[key] = [container[key]]
    return document


@st.composite
def changed_bytes(draw: st.DrawFn, made: bytes) -> bytes:
    """Bytes of which some have been lost, doubled, overwritten or added."""
    changed = bytearray(made)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(changed)))
        length = draw(st.sampled_from([0, 1, 1, 2, 4, 16, 10_000]))
        changed[start : start + length] = draw(st.binary(max_size=4) | st.just(bytes(changed[start : start + 8]) * 2))
    return bytes(changed)


def encoded(document: Any, *, is_binary: bool) -> bytes:
    """A document as a frame, written by what is not the service's own: MessagePack, or else JSON."""
    if is_binary:
        packed: bytes = msgpack.packb(document)
        return packed
    return json.dumps(document, default=lambda value: b64encode(value).decode()).encode()


class Words:
    """Strategies for what clients say."""

    documents = DOCUMENTS
    any_documents = st.one_of(DOCUMENTS, DOCUMENTS, changed_documents())
    json = JSON
    text = TEXT
    inputs = INPUTS
    tokens = st.text(string.printable, max_size=12)
    changed_bytes = staticmethod(changed_bytes)
    encoded = staticmethod(encoded)

    @staticmethod
    def filled_in(document: Any, said: dict[str, str]) -> Any:
        """A document with what the service has said in the places that wait for it."""
        if isinstance(document, dict):
            return {key: Words.filled_in(value, said) for key, value in document.items()}
        if isinstance(document, str) and document in KNOWN:
            return said.get(KNOWN[document], document)
        return document


@pytest.fixture(scope="session")
def words() -> type[Words]:
    return Words


@pytest.fixture(scope="session")
def dropins() -> Path:
    """Models for these tests alone."""
    return Path(__file__).parent / "models"


@pytest.fixture
def as_often() -> Callable[[int], hypothesis_settings]:
    """Settings for so many examples, none of which is kept for the next time."""
    return lambda count: hypothesis_settings(max_examples=count, deadline=None, database=None)


@pytest.fixture(autouse=True)
def untroubled(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client says is an error of the service, or leaves a traceback."""
    yield
    records = caplog.get_records("call")
    assert [record.getMessage() for record in records if record.levelno >= logging.ERROR or record.exc_info] == []
