"""The form in Chromium, for schemas of every kind: what is put into it comes out, and it says what is wrong."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tornado_ml.models.schema import Validator, declare

hypothesis_jsonschema = pytest.importorskip("hypothesis_jsonschema", reason="hypothesis-jsonschema is not installed")

pytestmark = pytest.mark.e2e

FILE = runpy.run_path(str(Path(__file__).with_name("form_schemas.py")))
Case = FILE["Case"]
ALL_CASES = FILE["CASES"] | FILE["plugin_cases"]()

FORM = """
async () => {
  const { Editor } = await import("/js/form/editor.js");
  (await import("/js/form/rare.js")).addRareKinds();
  document.body.replaceChildren();
  const shown = (editor) => {
    const faults = [];
    const value = editor.read(faults);
    return { value: JSON.stringify(value), faults };
  };
  window.open = async (text) => {
    const editor = new Editor(JSON.parse(text));
    await editor.ready;
    document.body.replaceChildren(editor.element);
    return editor;
  };
  // What the form gives back for each document, and what a second one does that is given what the first one has saved.
  window.roundTrip = async ({ schema, documents }) => {
    const [editor, second] = [await window.open(schema), await window.open(schema)];
    document.body.replaceChildren(editor.element);
    const untouched = shown(editor);
    return [untouched, ...documents.map((text) => {
      editor.clear();
      editor.write(JSON.parse(text));
      second.clear();
      second.restore(JSON.parse(JSON.stringify(editor.draft)));
      const found = shown(editor);
      editor.showFaults(found.faults);
      return { ...found, isForm: editor.switch === null || editor.draft.mode === "form", again: shown(second).value };
    })];
  };
  // Type and click at random, and look at what comes out now and then.
  window.fumble = async ({ schema, seed, words }) => {
    const editor = await window.open(schema);
    let state = seed;
    const random = (limit) => (state = (state * 48271) % 2147483647) % limit;
    const found = [];
    for (let round = 0; round < 40; round += 1) {
      const controls = [...editor.element.querySelectorAll("input:not([type=file]), select, textarea, button")];
      const control = controls.filter((one) => one.checkVisibility())[random(controls.length)];
      if (control === undefined) continue;
      if (control.matches("button, [type=radio], [type=checkbox]")) control.click();
      else {
        if (control.matches("select")) control.selectedIndex = random(control.options.length);
        else control.value = words[random(words.length)];
        control.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (round % 4 === 3) found.push(shown(editor));
    }
    return found;
  };
}
"""

WORDS = [
    "",
    "a",
    "ab c",
    "0",
    "1",
    "-3",
    "2.5",
    "1e400",
    "9007199254740993",
    "[1, 2]",
    "[",
    "{}",
    "2026-01-31",
    "12:00:00Z",
]
WORDS += ["2026-01-31T12:00:00Z", "a@example.org", "https://example.org/", "n_x", "s_x", "null", "__proto__", "1, 2, x"]


@pytest.fixture(scope="module")
def form(service, browser, open_blank):
    """A page that has nothing but forms, one after the other. A script that fails fails the test."""
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => console.error(event.violatedDirective))"
    )
    page.on("console", lambda message: faults.append(message.text) if is_fault(message.text, message.type) else None)
    open_blank(page, service.url)
    page.evaluate(FORM)
    yield page
    page.close()
    assert faults == []


def is_fault(text: str, kind: str) -> bool:
    return kind == "error" and not text.startswith("Failed to load resource")  # the icon of what is no page


def served(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as clients see it."""
    return declare(schema).json_schema


def round_trip(form, schema: dict[str, Any], documents: list[Any]) -> list[dict[str, Any]]:
    argument = {"schema": json.dumps(schema), "documents": [json.dumps(document) for document in documents]}
    return form.evaluate("argument => window.roundTrip(argument)", argument)


def value_of(shown: dict[str, Any]) -> Any:
    return as_sent(json.loads(shown["value"])) if "value" in shown else None


def as_sent(document: Any) -> Any:
    """What JavaScript knows of it: of a float beyond 2⁵³ it writes the first digits, and then zeros."""
    if isinstance(document, dict):
        return {key: as_sent(value) for key, value in document.items()}
    if isinstance(document, list):
        return [as_sent(value) for value in document]
    return float(document) if type(document) is int and abs(document) > 2**53 else document


def assert_honest(validator: Validator, shown: dict[str, Any]) -> None:
    """What the form has nothing against is valid."""
    if shown["faults"] == []:
        assert validator.faults(value_of(shown)) == []


def check(form, case) -> None:
    schema = served(case.schema)
    validator = Validator(schema)
    untouched, *found = round_trip(form, schema, [*case.valid, *case.invalid])
    assert_honest(validator, untouched)
    for document, shown in zip(case.valid, found, strict=False):
        assert validator.faults(document) == [], document
        assert shown["faults"] == [], document
        assert shown["isForm"], document
        assert value_of(shown) == document
        assert shown["again"] == shown["value"]
    for document, shown in zip(case.invalid, found[len(case.valid) :], strict=True):
        assert validator.faults(document) != [], document
        assert value_of(shown) == document
        assert shown["faults"] != [], document


@pytest.mark.parametrize("name", ALL_CASES)
def test_each_document_comes_out_as_it_was_put_in_and_each_fault_is_found(form, name):
    check(form, ALL_CASES[name])


@pytest.mark.parametrize("name", [name for name in ALL_CASES if "another language" not in name])
def test_whatever_is_typed_and_clicked_what_the_form_calls_valid_is_valid(form, name):
    schema = served(ALL_CASES[name].schema)
    validator = Validator(schema)
    for seed in (1, 2):
        argument = {"schema": json.dumps(schema), "seed": seed * 7919, "words": WORDS}
        for shown in form.evaluate("argument => window.fumble(argument)", argument):
            assert_honest(validator, shown)


def test_at_least_sixty_schemas_are_held_to_this():
    assert len(ALL_CASES) >= 60


NAMES = st.sampled_from(["a", "b", "c d", "e/f", "g~h", "__proto__", "ü"])
NUMBERS = st.integers(-20, 20)


def bounds(low: str, high: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(NUMBERS, st.integers(0, 20)).map(lambda pair: {low: pair[0], high: pair[0] + pair[1]}) | st.just(
        {}
    )


def counts(low: str, high: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(st.integers(0, 2), st.integers(0, 2)).map(lambda pair: {low: pair[0], high: sum(pair)}) | st.just(
        {}
    )


def typed(type_: str, more: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return more.map(lambda found: {"type": type_, **found})


SCALARS = st.one_of(
    typed("string", counts("minLength", "maxLength")),
    typed("string", st.sampled_from(["date", "uuid", "ipv4"]).map(lambda name: {"format": name})),
    typed("number", bounds("minimum", "maximum")),
    typed("integer", bounds("minimum", "maximum")),
    typed("boolean", st.just({})),
    st.lists(st.none() | st.booleans() | NUMBERS | st.text(max_size=3), min_size=1, max_size=8, unique_by=repr).map(
        lambda choices: {"enum": choices}
    ),
    st.just({"type": ["string", "null"]}),
    st.just({"type": ["number", "null"]}),
)


def objects(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    def schema(properties: dict[str, Any], required: bool, rest: Any) -> dict[str, Any]:
        names = list(properties)
        return {
            "type": "object",
            "properties": properties,
            "required": names[: len(names) // 2] if required else [],
            "additionalProperties": rest,
        }

    return st.builds(schema, st.dictionaries(NAMES, parts, max_size=4), st.booleans(), st.just(False) | parts)


def containers(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        objects(parts),
        st.builds(
            lambda items, count: {"type": "array", "items": items, **count}, parts, counts("minItems", "maxItems")
        ),
        st.lists(parts, min_size=1, max_size=3).map(
            lambda items: {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
        ),
        st.lists(parts, min_size=2, max_size=3).map(lambda forms: {"anyOf": forms}),
        parts.map(lambda part: {"anyOf": [part, {"type": "null"}]}),
    )


SCHEMAS = st.recursive(SCALARS, containers, max_leaves=6)


def documents_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Documents that fit. Of what has parts, hypothesis-jsonschema 0.23.1 makes none with the present hypothesis."""
    if "anyOf" in schema:
        return st.one_of([documents_of(part) for part in schema["anyOf"]])
    if "properties" in schema:
        known = {name: documents_of(part) for name, part in schema["properties"].items()}
        required = {name: known.pop(name) for name in schema["required"]}
        named = st.fixed_dictionaries(required, optional=known)
        rest = schema["additionalProperties"]
        if rest is False:
            return named
        others = st.dictionaries(
            NAMES.filter(lambda name: name not in schema["properties"]), documents_of(rest), max_size=2
        )
        return st.tuples(named, others).map(lambda parts: parts[0] | parts[1])
    if "items" in schema:
        if schema["items"] is False:
            return st.tuples(*map(documents_of, schema["prefixItems"])).map(list)
        low, high = schema.get("minItems", 0), schema.get("maxItems", 3)
        return st.lists(documents_of(schema["items"]), min_size=low, max_size=high)
    return hypothesis_jsonschema.from_schema(schema)


@st.composite
def cases(draw: st.DrawFn):
    """A schema with documents that fit it, and others that most likely do not."""
    schema = draw(SCHEMAS)
    others = st.recursive(
        st.none() | st.booleans() | NUMBERS | st.text(max_size=3), lambda part: st.lists(part, max_size=2), max_leaves=3
    )
    fitting = draw(st.lists(documents_of(schema), min_size=1, max_size=4))
    return Case(schema, fitting, draw(st.lists(others, max_size=3)))


@settings(max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_generated_documents_of_generated_schemas_come_out_as_they_were_put_in(form, case):
    schema = served(case.schema)
    validator = Validator(schema)
    documents = [*case.valid, *case.invalid]
    untouched, *found = round_trip(form, schema, documents)
    assert_honest(validator, untouched)
    for document, shown in zip(documents, found, strict=True):
        assert value_of(shown) == document
        assert shown["again"] == shown["value"]
        assert_honest(validator, shown)
        if validator.faults(document) == []:
            assert shown["faults"] == []
            assert shown["isForm"]
