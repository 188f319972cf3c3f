"""Where tensors may stand in a schema, and what the compiled validator sees of them."""

from __future__ import annotations

import copy
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.errors import Fault, ModelRefused
from tornado_ml.models.tensor_places import put_back, tensor_places, with_forms
from tornado_ml.models.validator import Validator

PAIR = {"x-tensor": {"dtype": "|u1", "shape": [2]}}
FREE = {"x-tensor": {"dtype": None, "shape": None}}
NULL = {"type": "null"}

SENT = {"dtype": "|u1", "shape": [2], "data": b"\1\2"}
WRONG = {"dtype": "|u1", "shape": [2], "data": b"\1"}
WHY = "must be 2 bytes for this dtype and shape, not 1"


def object_with(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def tree() -> dict[str, Any]:
    node = object_with(value=PAIR, children={"type": "array", "items": {"$ref": "#/$defs/node"}})
    return {"$ref": "#/$defs/node", "$defs": {"node": node}}


SCHEMAS: list[tuple[dict[str, Any], Any, str]] = [
    (PAIR, "<here>", ""),
    (object_with(image=PAIR, size={"type": "integer"}), {"image": "<here>", "size": 3}, "/image"),
    (object_with(a=object_with(**{"b/c": PAIR})), {"a": {"b/c": "<here>"}}, "/a/b~1c"),
    ({"type": "array", "items": PAIR}, [[1, 2], "<here>"], "/1"),
    ({"type": "array", "prefixItems": [{"type": "string"}, PAIR], "items": False}, ["a", "<here>"], "/1"),
    ({"type": "array", "prefixItems": [PAIR], "items": {"type": "string"}}, ["<here>", "a"], "/0"),
    ({"type": "array", "prefixItems": [{"type": "string"}], "items": PAIR}, ["a", [1, 2], "<here>"], "/2"),
    ({"type": "object", "additionalProperties": PAIR}, {"any": "<here>"}, "/any"),
    (
        {"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": PAIR},
        {"name": "a", "any": "<here>"},
        "/any",
    ),
    ({"$ref": "#/$defs/pair", "$defs": {"pair": PAIR}}, "<here>", ""),
    (object_with(a={"$ref": "#pair"}) | {"$defs": {"pair": PAIR | {"$anchor": "pair"}}}, {"a": "<here>"}, "/a"),
    ({"anyOf": [PAIR, NULL]}, "<here>", ""),
    (object_with(a={"oneOf": [NULL, PAIR]}), {"a": "<here>"}, "/a"),
    ({"oneOf": [object_with(a=PAIR), {"const": None}]}, {"a": "<here>"}, "/a"),
    (
        tree(),
        {"value": [1, 2], "children": [{"value": [1, 2], "children": []}, {"value": "<here>", "children": []}]},
        "/children/1/value",
    ),
]


def with_here(document: Any, value: Any) -> Any:
    if isinstance(document, dict):
        return {key: with_here(item, value) for key, item in document.items()}
    if isinstance(document, list):
        return [with_here(item, value) for item in document]
    return value if document == "<here>" else document


@pytest.mark.parametrize(("schema", "document", "path"), SCHEMAS)
def test_a_tensor_is_judged_wherever_it_may_stand(schema: dict[str, Any], document: Any, path: str) -> None:
    for judge in (Validator(schema), Validator(with_forms(schema))):
        for good in (SENT, [1, 2], SENT | {"data": "AQI="}):
            value = with_here(document, good)
            before = copy.deepcopy(value)
            assert judge.faults(value) == []
            assert judge.fits_plain(value)
            assert judge.fits(value)
            assert value == before
        for bad, fault in (
            (WRONG, Fault(f"{path}/data", WHY)),
            ([1, 256], Fault(f"{path}/1", "must be within 0 and 255, as |u1 is")),
        ):
            value = with_here(document, bad)
            assert judge.faults(value) == [fault]
            assert not judge.fits_plain(value)
            assert not judge.fits(value)


@pytest.mark.parametrize(("schema", "document", "path"), SCHEMAS)
def test_what_is_taken_out_can_be_put_back(schema: dict[str, Any], document: Any, path: str) -> None:
    places = tensor_places(schema)
    assert places is not None
    value = with_here(document, SENT)
    rest, found = places.taken_from(value)
    assert "dtype" not in repr(rest)
    assert put_back(rest, [(tensor.keys, tensor.value) for tensor in found]) == value


def test_null_is_a_tensor_nowhere_and_fits_where_the_schema_allows_it_beside_one() -> None:
    nullable = Validator(object_with(a={"anyOf": [PAIR, NULL]}, b={"oneOf": [NULL, PAIR]}))
    assert nullable.faults({"a": None, "b": None}) == []
    assert nullable.fits_plain({"a": None, "b": None})
    assert [fault.path for fault in Validator(object_with(a=PAIR)).faults({"a": None})] == ["/a"]
    assert not Validator(PAIR).fits_plain(None)


def test_faults_of_tensors_and_of_the_rest_are_told_together() -> None:
    validator = Validator(object_with(image=PAIR, size={"type": "integer"}))
    assert validator.faults({"image": WRONG, "size": "3"}) == [
        Fault("/image/data", WHY),
        Fault("/size", "must be an integer, not a string"),
    ]
    assert validator.faults({"size": 3}) == [Fault("/image", "is required")]


def test_bytes_stand_in_tensors_alone() -> None:
    for schema in ({}, {"type": "object", "properties": {"image": PAIR}}):
        validator = Validator(schema)
        document = {"image": [1, 2], "more": [{"raw": b"1"}]}
        assert not validator.fits(document)
        assert validator.faults(document) == [Fault("/more/0/raw", "is of type bytes, which JSON does not have")]
        assert [fault.path for fault in validator.faults(b"")] == [""]
        assert not validator.fits(b"")
    assert not Validator({"enum": [1]}).fits_plain(b"")


def test_what_is_nested_too_deeply_to_be_looked_through_does_not_fit() -> None:
    document: Any = {"value": [1, 2], "children": []}
    for _ in range(sys.getrecursionlimit()):
        document = {"value": [1, 2], "children": [document]}
    for schema in (tree(), {}):
        assert not Validator(schema).fits(document)
        assert [fault.message for fault in Validator(schema).faults(document)] == [
            "nests deeper than 200 levels, or contains itself"
        ]


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"not": PAIR}, "/not"),
        ({"allOf": [PAIR]}, "/allOf/0"),
        ({"anyOf": [PAIR, {"type": "string"}]}, "/anyOf/0"),
        ({"oneOf": [object_with(a=PAIR), object_with(b=PAIR), NULL]}, "/oneOf/0"),
        ({"if": object_with(a=PAIR), "then": {}}, "/if"),
        ({"patternProperties": {"^a": PAIR}}, "/patternProperties/^a"),
        ({"patternProperties": {"^a": {}}, "additionalProperties": PAIR}, "/additionalProperties"),
        ({"unevaluatedItems": PAIR}, "/unevaluatedItems"),
        ({"contains": PAIR}, "/contains"),
        ({"properties": {"a": {"not": {"$ref": "#/$defs/pair"}}}, "$defs": {"pair": PAIR}}, "/properties/a/not"),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"allOf": [{"items": PAIR}]}}}, "/$defs/x/allOf/0"),
    ],
)
def test_a_tensor_where_none_can_be_served_is_refused_with_the_place(schema: dict[str, Any], place: str) -> None:
    with pytest.raises(ModelRefused, match=r"x-tensor below ") as refusal:
        Validator(schema)
    assert f"below {place}:" in str(refusal.value)


@pytest.mark.parametrize("beside", [{"type": "array"}, {"minItems": 1}, {"$ref": "#/$defs/x"}, {"enum": [[1, 2]]}])
def test_what_is_said_beside_x_tensor_is_refused(beside: dict[str, Any]) -> None:
    with pytest.raises(ModelRefused, match=f"{next(iter(beside)).replace('$', '.')} beside x-tensor at /items"):
        with_forms({"items": PAIR | beside, "$defs": {"x": {}}})


def test_what_is_published_says_both_to_who_knows_x_tensor_and_to_who_does_not() -> None:
    schema = {"title": "Images", "items": PAIR | {"title": "An image"}}
    published = with_forms(schema)
    assert schema == {"title": "Images", "items": PAIR | {"title": "An image"}}
    assert published["items"]["x-tensor"] == PAIR["x-tensor"]
    assert published["items"]["title"] == "An image"
    assert published["items"]["required"] == ["dtype", "shape", "data"]
    assert with_forms(published) == published


def test_a_schema_without_tensors_is_judged_as_it_is() -> None:
    assert tensor_places({"properties": {"x-tensor": {}}}) is None
    assert tensor_places({"$defs": {"unused": PAIR}}) is None


SUBSCHEMAS = st.recursive(
    st.sampled_from([PAIR, FREE, {}, {"type": "string"}, True, NULL]),
    lambda inner: (
        st.dictionaries(st.sampled_from(["items", "additionalProperties", "not", "contains"]), inner, max_size=2)
        | st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("ab"), inner)})
        | st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)})
    ),
    max_leaves=6,
)
DOCUMENTS = st.recursive(
    st.sampled_from([SENT, WRONG, [1, 2], None, 5, "a", b"a"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)


@given(SUBSCHEMAS, DOCUMENTS)
def test_any_document_is_judged_by_any_schema_that_is_taken(schema: Any, document: Any) -> None:
    try:
        validator = Validator({"items": schema, "additionalProperties": schema})
    except ModelRefused:
        return
    assert validator.fits(document) is (validator.faults(document) == [])
