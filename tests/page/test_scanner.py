"""Code is told from comments, texts and regular expressions."""

from __future__ import annotations

import pytest

from tornado_ml.page.scanner import Unjoinable, tokens


def code(source: str) -> list[str]:
    return [token.text for token in tokens(source) if token.is_code]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b / c / d;", ["a", "=", "b", "/", "c", "/", "d", ";"]),
        ("a = /b/g; // c", ["a", "=", "/b/g", ";"]),
        ('return /[/"]/.test(x)', ["return", '/[/"]/', ".", "test", "(", "x", ")"]),
        ("(a + b) / c", ["(", "a", "+", "b", ")", "/", "c"]),
        ("x[0] / 2 /* /x/ */ + 1", ["x", "[", "0", "]", "/", "2", "+", "1"]),
        (r"'it\'s // no comment' + \"\"".replace('\\"', '"'), [r"'it\'s // no comment'", "+", '""']),
        ("`a\n// ${b + `c${{}}`} d` / e", ["`a\n// ${", "b", "+", "`c${", "{", "}", "}`", "} d`", "/", "e"]),
        ("`${/`/.source}`", ["`${", "/`/", ".", "source", "}`"]),
        (r"`\${no}` $", [r"`\${no}`", "$"]),
        ("this.#private++", ["this", ".", "#private", "++"]),
    ],
)
def test_each_piece_is_what_a_browser_takes_it_for(source: str, expected: list[str]) -> None:
    assert code(source) == expected
    assert "".join(token.text for token in tokens(source)) == source


@pytest.mark.parametrize(
    "source", ['"not closed', "`not ${closed", "/* not closed", "a = /not closed", "{", "}", "} /x/", "a++ / 2"]
)
def test_what_cannot_be_told_is_refused(source: str) -> None:
    with pytest.raises(Unjoinable):
        list(tokens(source))
