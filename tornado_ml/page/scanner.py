"""Takes JavaScript apart into tokens: enough to tell code from comments, texts and regular expressions, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["space", "comment", "string", "template", "regex", "word", "sign"]


class Unjoinable(Exception):
    """A module says something that cannot be joined with others."""


class Token(NamedTuple):
    kind: Kind
    text: str
    """As it stands; all tokens of a source, one after the other, are that source."""

    @property
    def is_code(self) -> bool:
        return self.kind not in {"space", "comment"}


_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"|(?P<word>[\w$#]+)"
    r"|(?P<sign>\+\+|--|[^\w\s\"'`])",
    re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_TEMPLATE = re.compile(r"[`}](?:[^`\\$]|\\.|\$(?!\{))*(?:`|\$\{)", re.DOTALL)
"""From the start of a template, or the end of an expression in it, to its end or the next expression."""

_BEFORE_REGEX = frozenset(
    "await case delete do else in instanceof new of return throw typeof void yield".split()  # noqa: SIM905
)


def tokens(source: str) -> Iterator[Token]:
    """The tokens of a module.

    Raises:
        Unjoinable: it is no JavaScript, or a `/` stands where it takes a parser to tell what it is.
    """
    position = 0
    before: Token | None = None
    braces: list[bool] = []  # of each that is open: whether it is an expression's in a template
    while position < len(source):
        token = _token_at(source, position, before, is_template_brace=bool(braces) and braces[-1])
        position += len(token.text)
        if token.text.endswith("${") and token.kind == "template":
            if token.text.startswith("`"):
                braces.append(True)
        elif token.kind == "template":
            if token.text.startswith("}"):
                braces.pop()
        elif token.text == "{":
            braces.append(False)
        elif token.text == "}":
            if not braces:
                raise Unjoinable("a brace is closed that was not opened")
            braces.pop()
        if token.is_code:
            before = token
        yield token
    if braces:
        raise Unjoinable("a brace is not closed")


def _token_at(source: str, position: int, before: Token | None, *, is_template_brace: bool) -> Token:
    sign = source[position]
    if sign == "`" or (sign == "}" and is_template_brace):
        kind, match = "template", _TEMPLATE.match(source, position)
    elif sign == "/" and not source.startswith(("//", "/*"), position) and _expects_regex(before):
        kind, match = "regex", _REGEX.match(source, position)
    else:
        match = _TOKEN.match(source, position)
        kind = str(match.lastgroup) if match else ""
    if match is None or (kind == "sign" and source.startswith("/*", position)):
        line = source.count("\n", 0, position) + 1
        raise Unjoinable(f"line {line} cannot be read at {source[position : position + 20]!r}")
    return Token(kind, match[0])  # type: ignore[arg-type]


def _expects_regex(before: Token | None) -> bool:
    """Whether a `/` after this begins a regular expression, rather than divides (ECMA-262, section 12.2)."""
    if before is None:
        return True
    if before.text in {"}", "++", "--"} and before.kind == "sign":
        raise Unjoinable(f"a / follows {before.text}: put what is before it into parentheses")
    if before.kind == "word":
        return before.text in _BEFORE_REGEX
    if before.kind == "template":
        return before.text.endswith("${")
    return before.kind == "sign" and before.text not in {")", "]"}
