from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.settings.toml_text import BadToml, lines, parse


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = [1, 2", "not valid TOML: Unclosed array (at end of document)"),
        ("a = 1\nb = x", "not valid TOML: Invalid value (at line 2, column 5)"),
        ("\ufeffa = 1", "line 1: it starts with a byte-order mark; save it as UTF-8 without one"),
        ("a = " + "[" * 5000, "nested"),
        ("a = " + "9" * 5000, "not valid TOML"),
    ],
)
def test_what_is_not_toml_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadToml) as refusal:
        parse(text)
    assert message in str(refusal.value)


@pytest.mark.parametrize("misread", ['x = ["[", "]", ","]', 'x = [{x = 1}, "y"]'])
def test_what_the_toml_package_misreads_is_refused_with_its_line(misread: str) -> None:
    with pytest.raises(BadToml, match=r"^line 4: valid TOML, but the `toml` package misreads it"):
        parse(f"[one]\ntwo = [\n]\n{misread}\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a = 1 # [not] a 'table'\r\n[b]\r\nc = 'd'\r\n",
        '[models."a.b"]\nrequired = true',
        "[[plugins.models]]\nmodule_name = 'a'\n[[plugins.models]]\nmodule_name = 'b'",
        'x = ["http://a.example:80", "C:\\\\x", "#", "é"]',
        "x = [ # one\n  1,\n  2, # two\n]",
        "x = nan\ny = -inf\nz = 2020-02-03T04:05:06Z",
    ],
)
def test_plain_files_are_read(text: str) -> None:
    assert repr(parse(text).keys()) == repr(tomllib.loads(text).keys())


_VALUES = (
    st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text("abc[],#='\"\\ \nü")
    | st.lists(st.text("ab[], "), max_size=4)
)


@given(st.dictionaries(st.text("abc", min_size=1), _VALUES))
def test_a_document_is_read_as_tomllib_reads_it_or_refused(document: dict[str, Any]) -> None:
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in document.items())
    read: object
    try:
        read = parse(text)
    except BadToml as refusal:
        read = str(refusal)
    assert read == document or "misreads it" in str(read)


def test_each_key_has_the_line_it_starts_on() -> None:
    text = """\
top = 1

# A comment.
[server]
hosts = [
    "a",
    "b",
]
port = 1
[plugins]
[[plugins.models]]
name = "a"
[[plugins.models]]
name = '''
b'''
[models]
x.required = true
y = {required = false}
"""
    assert {path: line for path, line in lines(text).items() if path} == {
        ("top",): 1,
        ("server",): 4,
        ("server", "hosts"): 5,
        ("server", "hosts", 0): 5,
        ("server", "hosts", 1): 5,
        ("server", "port"): 9,
        ("plugins",): 10,
        ("plugins", "models"): 11,
        ("plugins", "models", 0): 11,
        ("plugins", "models", 0, "name"): 12,
        ("plugins", "models", 1): 13,
        ("plugins", "models", 1, "name"): 14,
        ("models",): 16,
        ("models", "x"): 17,
        ("models", "x", "required"): 17,
        ("models", "y"): 18,
        ("models", "y", "required"): 18,
    }
