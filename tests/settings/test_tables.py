from __future__ import annotations

from dataclasses import dataclass

import pytest
from marshmallow import ValidationError

from tornado_ml.settings.kinds import ListOf, Text, Whole
from tornado_ml.settings.tables import Entry, Named, Section, required, setting, suggestion


@dataclass(frozen=True)
class Fruit:
    name: str = required(Text(), "What it is called.", example="apple")
    grams: int = setting(Whole(0), 100, "Its weight.")


def test_a_section_holds_what_was_given_and_is_built_with_the_defaults() -> None:
    section = Section(Fruit)
    values = section.deserialize({"name": "pear"})
    assert values == {"name": "pear"}
    assert section.build(values) == Fruit(name="pear", grams=100)


def test_named_sections_are_built_under_their_names() -> None:
    fruits = Named(Section(Fruit))
    values = fruits.deserialize({"a.b": {"name": "pear"}, "": {"name": "fig", "grams": 9}})
    assert fruits.build(values) == {"a.b": Fruit("pear"), "": Fruit("fig", 9)}


def test_an_entry_of_a_list_is_an_object_at_once() -> None:
    assert ListOf(Entry(Fruit), "a list of fruits").deserialize([{"name": "fig"}]) == (Fruit("fig"),)


def test_every_fault_is_found_under_its_key() -> None:
    with pytest.raises(ValidationError) as refusal:
        Named(Section(Fruit)).deserialize({"one": {"grams": -1, "gram": 5}, "two": {"name": "pear"}, "three": 5})
    assert refusal.value.messages == {
        "one": {
            "name": ["is missing; it must be a string that is not empty"],
            "grams": ["must be a whole number, 0 or more, got the number -1"],
            "gram": ["is unknown; did you mean grams?"],
        },
        "three": ["must be a table, got the number 5"],
    }


def test_without_a_similar_name_all_are_listed() -> None:
    assert suggestion("prot", ["port", "host"]) == "did you mean port?"
    assert suggestion("xyz", ["port", "host"]) == "known are host, port"
