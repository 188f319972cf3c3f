r"""A Python regular expression → one that means the same, or less, to JSON Schema validators and browsers.

Python's `\d`, `\w` and `\s` take in all of Unicode, its `$` matches before a last line break, and `re.match` starts at
the start; JavaScript, and so JSON Schema, sees all of this differently. The result is anchored, has only constructs
that every engine reads in one way, and takes ASCII alone where Python asks for a kind of character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# The parser is private to `re`, but nothing else reads the syntax as Python does. The tests hold it to its shape.
from re import _constants as _c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_Ranges = list[tuple[int, int]]

_DIGITS: _Ranges = [(0x30, 0x39)]
_WORD: _Ranges = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
_SPACE: _Ranges = [(0x09, 0x0D), (0x20, 0x20)]
_SPACE_OR_SEPARATOR: _Ranges = [(0x09, 0x0D), (0x1C, 0x20)]
"""What `\\s` matches without re.ASCII."""
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_LAST_ASCII = 0x7F
_LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)


class NotPortable(ValueError):
    """The expression uses what no portable pattern says; the text names it."""


def portable_pattern(regex: re.Pattern[str]) -> str:
    """A pattern such that a string it is found in is one that `regex.match` matches.

    Raises:
        NotPortable: there is no such pattern, or none that is simple.
    """
    if not isinstance(regex.pattern, str):
        raise NotPortable("it is for bytes")
    if regex.flags & re.LOCALE or regex.flags & re.MULTILINE:
        raise NotPortable("its flags (LOCALE, MULTILINE)")
    pattern = _sequence(_parser.parse(regex.pattern, regex.flags), regex.flags)
    return pattern if pattern.startswith("^") else "^" + pattern


def _group(tree: Any, flags: int) -> str:
    text = _sequence(tree, flags)
    return text if len(tree) == 1 and tree[0][0] is _c.BRANCH else f"(?:{text})"  # alternatives are grouped already


def _sequence(tree: Any, flags: int) -> str:
    return "".join(_node(operator, argument, flags) for operator, argument in tree)


def _node(operator: Any, argument: Any, flags: int) -> str:
    ignore_case = bool(flags & re.IGNORECASE)
    match operator:
        case _c.LITERAL:
            return _characters(_with_case([(argument, argument)], ignore_case))
        case _c.NOT_LITERAL:
            return _characters(_class([(_c.NEGATE, None), (_c.LITERAL, argument)], flags))
        case _c.IN:
            return _characters(_class(argument, flags))
        case _c.ANY:
            return r"[\s\S]" if flags & re.DOTALL else r"[^\n]"
        case _c.AT:
            return _anchor(argument)
        case _c.BRANCH:
            return "(?:" + "|".join(_sequence(branch, flags) for branch in argument[1]) + ")"
        case _c.SUBPATTERN:
            _, added, removed, inner = argument
            return _group(inner, (flags | added) & ~removed)
        case _c.MAX_REPEAT | _c.MIN_REPEAT:
            least, most, inner = argument
            return _repeated(inner, flags) + _count(least, most)
    raise NotPortable(_REASONS.get(operator, f"{str(operator).lower()}"))


_REASONS = {
    _c.ASSERT: "look-ahead or look-behind",
    _c.ASSERT_NOT: "negative look-ahead or look-behind",
    _c.GROUPREF: "a back-reference",
    _c.GROUPREF_EXISTS: "a conditional group",
    _c.ATOMIC_GROUP: "an atomic group",
    _c.POSSESSIVE_REPEAT: "a possessive quantifier",
}


def _anchor(where: Any) -> str:
    if where in (_c.AT_BEGINNING, _c.AT_BEGINNING_STRING):
        return "^"
    if where in (_c.AT_END, _c.AT_END_STRING):
        return "$"  # less than Python's $, which matches before a last line break as well
    raise NotPortable(r"a word boundary, \b or \B")


def _repeated(inner: Any, flags: int) -> str:
    if len(inner) == 1 and inner[0][0] in (_c.LITERAL, _c.NOT_LITERAL, _c.IN, _c.ANY, _c.SUBPATTERN, _c.BRANCH):
        return _sequence(inner, flags)
    return _group(inner, flags)


def _count(least: int, most: Any) -> str:
    if most is _c.MAXREPEAT:
        return {0: "*", 1: "+"}.get(least, f"{{{least},}}")
    if (least, most) == (0, 1):
        return "?"
    return f"{{{least}}}" if least == most else f"{{{least},{most}}}"


def _class(items: Sequence[tuple[Any, Any]], flags: int) -> _Ranges:
    """The characters of `[…]`; only ASCII ones where it names a kind of character, or excludes whatever the case."""
    negated = bool(items) and items[0][0] is _c.NEGATE
    items = items[negated:]
    kinds = {argument for operator, argument in items if operator is _c.CATEGORY}
    ignore_case = bool(flags & re.IGNORECASE)
    if any(pair <= kinds for pair in _EVERYTHING):
        ranges: _Ranges = [(0, _LAST)]
        kinds = set()
    else:
        ranges = []
        for operator, argument in items:
            match operator:
                case _c.LITERAL:
                    ranges += _with_case([(argument, argument)], ignore_case)
                case _c.RANGE:
                    ranges += _with_case([argument], ignore_case)
                case _c.CATEGORY:
                    ranges += _kind(argument, at_most=not negated)
    if not negated:
        return ranges
    if ignore_case and ranges and max(last for _, last in ranges) > _LAST_ASCII:
        raise NotPortable("a negated class of other than ASCII characters, with IGNORECASE")
    return _complement(ranges, ascii_only=bool(kinds) or ignore_case)


_EVERYTHING = (
    {_c.CATEGORY_DIGIT, _c.CATEGORY_NOT_DIGIT},
    {_c.CATEGORY_WORD, _c.CATEGORY_NOT_WORD},
    {_c.CATEGORY_SPACE, _c.CATEGORY_NOT_SPACE},
)


def _kind(category: Any, *, at_most: bool) -> _Ranges:
    """The ASCII characters of one kind: at most those that Python takes for it, or at least those."""
    less, more = (_SPACE, _SPACE_OR_SEPARATOR) if at_most else (_SPACE_OR_SEPARATOR, _SPACE)
    ranges = {
        _c.CATEGORY_DIGIT: _DIGITS,
        _c.CATEGORY_WORD: _WORD,
        _c.CATEGORY_SPACE: less,
        _c.CATEGORY_NOT_DIGIT: _complement(_DIGITS, ascii_only=True),
        _c.CATEGORY_NOT_WORD: _complement(_WORD, ascii_only=True),
        _c.CATEGORY_NOT_SPACE: _complement(more, ascii_only=True),
    }
    return ranges[category]


def _with_case(ranges: _Ranges, ignore_case: bool) -> _Ranges:
    """With the other case of ASCII letters; for some letters, like k and the Kelvin sign, Python takes more."""
    if not ignore_case:
        return ranges
    both = list(ranges)
    for first, last in ranges:
        for lower, upper in ((0x61, 0x41), (0x41, 0x61)):
            start, stop = max(first, lower), min(last, lower + 25)
            if start <= stop:
                both.append((start - lower + upper, stop - lower + upper))
    return both


def _complement(ranges: _Ranges, *, ascii_only: bool) -> _Ranges:
    result: _Ranges = []
    following = 0
    last_of_all = _LAST_ASCII if ascii_only else _LAST
    for first, last in _merged(ranges):
        if first > following:
            result.append((following, min(first - 1, last_of_all)))
        following = last + 1
        if following > last_of_all:
            break
    if following <= last_of_all:
        result.append((following, last_of_all))
    return [pair for pair in result if pair[0] <= pair[1]]


def _merged(ranges: _Ranges) -> _Ranges:
    merged: _Ranges = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _characters(ranges: _Ranges) -> str:
    ranges = _merged(ranges)
    if not ranges:
        raise NotPortable("a class that has no character in it")
    if ranges == [(0, _LAST)]:
        return r"[\s\S]"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _escaped(ranges[0][0], r"\^$.*+?()[]{}|")
    if ranges[-1][1] == _LAST:
        return f"[^{_members(_complement(ranges, ascii_only=False))}]"
    return f"[{_members(ranges)}]"


def _members(ranges: _Ranges) -> str:
    return "".join(_member(first) if first == last else f"{_member(first)}-{_member(last)}" for first, last in ranges)


def _member(code: int) -> str:
    return _escaped(code, r"\^-[](){}|/")


def _escaped(code: int, special: str) -> str:
    if _SURROGATES[0] <= code <= _SURROGATES[1]:
        raise NotPortable("half a surrogate pair")
    if chr(code) in _NAMED:
        return _NAMED[chr(code)]
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return ("\\" if chr(code) in special else "") + chr(code)
