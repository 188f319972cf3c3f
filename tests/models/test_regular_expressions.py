from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornado_ml.errors import ModelRefused
from tornado_ml.models.regular_expressions import NotPortable, portable_pattern
from tornado_ml.models.validator import Validator

LETTERS = "abkKsz09_ -.\n\t\x1c\x1f\u00a0é\u212aſıİ٣²😀"  # K (Kelvin), long s and the Turkish i's fold to ASCII letters

KINDS = (r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".")
CLASSES = ("[a-k]", "[^a]", r"[^\d]", r"[^\s]", r"[^\W]", r"[\w.-]", r"[^\S\n]", "[é-ſ]", r"[\s\S]", "[^k]")
ATOMS = st.sampled_from(
    ["a", "k", "S", "é", "ſ", r"\.", "(?:a|b0)", "(k)", "(?i:s)", "^", "$", r"\Z", *KINDS, *CLASSES]
)
REPEATED = st.tuples(ATOMS, st.sampled_from(["", "", "*", "+", "?", "{2}", "{,2}", "{1,}", "*?"])).map("".join)
EXPRESSIONS = st.lists(st.lists(REPEATED, max_size=3).map("".join), min_size=1, max_size=2).map("|".join)
FLAGS = st.sampled_from([0, re.IGNORECASE, re.ASCII, re.DOTALL, re.IGNORECASE | re.ASCII])


def portable(expression: str, flags: int = 0) -> str:
    return portable_pattern(re.compile(expression, flags))


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, FLAGS, st.lists(st.text(LETTERS, max_size=4), min_size=20, max_size=20))
def test_a_pattern_is_found_only_in_what_the_expression_matches(expression: str, flags: int, texts: list[str]) -> None:
    try:
        regex = re.compile(expression, flags)
        pattern = portable_pattern(regex)
        validator = Validator({"pattern": pattern})
    except (re.error, NotPortable, ModelRefused):  # the last: a repeated anchor or look-ahead
        return
    for text in [*texts, *LETTERS]:
        if validator.fits(text):
            assert regex.match(text), (expression, flags, pattern, text)


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, st.lists(st.text("abkKSsz09_ -.", max_size=4), min_size=20, max_size=20))
def test_of_ascii_text_without_line_breaks_the_pattern_takes_all_that_the_expression_matches(
    expression: str, texts: list[str]
) -> None:
    try:
        regex = re.compile(expression)
        pattern = portable_pattern(regex)
        validator = Validator({"pattern": pattern})
    except (re.error, NotPortable, ModelRefused):  # the last: a repeated anchor or look-ahead
        return
    for text in texts:
        assert validator.fits(text) == bool(regex.match(text)), (expression, pattern, text)


@pytest.mark.parametrize(
    ("expression", "pattern"),
    [
        ("abc", "^abc"),
        ("^abc$", "^abc$"),
        (r"\Aabc\Z", "^abc$"),
        (r"\d{3}-\d+", "^[0-9]{3}-[0-9]+"),
        ("a|bc", "^(?:a|bc)"),
        (r"\w+\.(?P<ending>png|jpe?g)$", r"^[0-9A-Z_a-z]+\.(?:png|jpe?g)$"),
        ("(?x) a  # the first", "^a"),
        ("a.", r"^a[^\n]"),
        ("[\\s\\S]*", "^[\\s\\S]*"),
        ("", "^"),
    ],
)
def test_what_is_simple_stays_readable(expression: str, pattern: str) -> None:
    assert portable(expression) == pattern


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (r"\bword", "word boundary"),
        (r"(a)\1", "back-reference"),
        (r"(?=a)b", "look-ahead"),
        (r"(?<=a)b", "look-behind"),
        (r"(?!a)b", "negative look-ahead"),
        (r"(?<!a)b", "negative look-ahead or look-behind"),
        (r"(a)?(?(1)b|c)", "conditional group"),
        (r"a*+b", "possessive quantifier"),
        (r"(?>a)b", "atomic group"),
        (r"(?m)^a", "MULTILINE"),
        (r"(?i)[^é]", "IGNORECASE"),
        (r"[^\w\W]", "no character"),
        ("\ud800", "surrogate"),
    ],
)
def test_what_engines_see_differently_is_refused_with_the_reason(expression: str, reason: str) -> None:
    with pytest.raises(NotPortable, match=reason):
        portable(expression)


def test_an_expression_for_bytes_is_refused() -> None:
    with pytest.raises(NotPortable, match="bytes"):
        portable_pattern(re.compile(b"a"))  # type: ignore[arg-type]
