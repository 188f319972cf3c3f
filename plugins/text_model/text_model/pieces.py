"""Text as the model sees it: a sequence of pieces, which are words, punctuation, or the characters of rarer words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PARAGRAPH = "\n\n"
"""What ends a paragraph."""

PIECE = re.compile(r" ?\w+|’\w+|\n\n| ?[^\w\s]|\s")
"""A word or a punctuation mark, each with the space before it, the end of a word from its apostrophe on, a new
paragraph, or another blank. Each character of a text is in one of these."""


class Pieces:
    """The pieces that there are, each known by its number, its place in `texts`.

    Args:
        texts: the words, marks and other pieces that stand for themselves, and after them the characters that others
            are spelled with.
        whole_count: how many the first are.
    """

    def __init__(self, texts: Sequence[str], whole_count: int) -> None:
        self.texts = tuple(texts)
        self.whole = self.texts[:whole_count]
        self._wholes = {text: number for number, text in enumerate(self.whole)}
        self._letters = {text: number for number, text in enumerate(self.texts[whole_count:], start=whole_count)}

    def split(self, text: str) -> list[int]:
        """The numbers of the pieces that make up `text`; characters that cannot be spelled are left out."""
        return [number for found in PIECE.findall(text) for number in self._spelled(found)]

    def _spelled(self, found: str) -> Iterable[int]:
        if found in self._wholes:
            return (self._wholes[found],)
        return (self._letters[character] for character in found if character in self._letters)


def typeset(text: str) -> str:
    """`text` as a book has it, ready to be split: single spaces, curly quotation marks, long dashes."""
    text = re.sub(r"[^\S\n]+", " ", text)
    text = re.sub(r" ?\n\s*", PARAGRAPH, text)
    text = re.sub(r" ?--+ ?", "—", text)
    text = re.sub(r'(^|[\s—(])"', r"\1“", text).replace('"', "”")
    return re.sub(r"(^|[\s—(“])'", r"\1‘", text).replace("'", "’")
