"""Writing: draws one piece after the other from the language model."""

from __future__ import annotations

import io
import lzma
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from text_model.ngrams import Ngrams, Probabilities
from text_model.pieces import PARAGRAPH, PIECE, Pieces, typeset


class Writer:
    """What a model file is for.

    Args:
        arrays: those of `Ngrams`; `texts`, the pieces, in UTF-8 with a NUL after each; and `whole_count`, for `Pieces`.
    """

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self.pieces = Pieces(arrays["texts"].tobytes().decode().split("\0")[:-1], int(arrays["whole_count"]))
        self.ngrams = Ngrams(arrays, len(self.pieces.texts))
        self._fitting = {
            False: self._only("”" not in piece for piece in self.pieces.whole),
            True: self._only("“" not in piece and piece != PARAGRAPH for piece in self.pieces.whole),
        }

    @classmethod
    def from_file(cls, content: bytes) -> Writer:
        """The writer for the content of a model file."""
        with np.load(io.BytesIO(lzma.decompress(content)), allow_pickle=False) as arrays:
            return cls(arrays)

    def write(self, prompt: str, temperature: float, seed: int) -> Iterator[str]:
        """What follows `prompt`, a piece at a time, without end."""
        draw = random.Random(seed).random  # noqa: S311 - whoever has the seed is meant to know what comes
        text, unfinished = self._parted(typeset(prompt))
        quoting = quotes_after(text, False)
        context = self.ngrams.context(self.pieces.split(PARAGRAPH + text))
        fitting = self._fitting[quoting]
        if unfinished:
            fitting = self._only(piece.startswith(unfinished) for piece in self.pieces.whole)
        while True:
            weights = self.ngrams.probabilities(context) * fitting
            places = self.ngrams.followers(context)
            if not weights[places].any():
                places = np.arange(len(weights))
            number = int(places[drawn(sharpened(weights[places], temperature), draw())])
            piece = self.pieces.texts[number]
            yield piece.removeprefix(unfinished)
            unfinished = ""
            context = self.ngrams.after(context, number)
            quoting = quotes_after(piece, quoting)
            fitting = self._fitting[quoting]

    def _parted(self, text: str) -> tuple[str, str]:
        """`text` without its last piece, and this piece, which may be the beginning of a longer one."""
        *_, last = PIECE.findall(text) or [""]
        if any(piece.startswith(last) for piece in self.pieces.whole):
            return text.removesuffix(last), last
        return text, ""

    def _only(self, chosen: Iterable[bool]) -> Probabilities:
        """1 for each whole piece that is chosen; 0 for the others, and for those that only spell."""
        found = np.zeros(len(self.pieces.texts))
        found[: len(self.pieces.whole)] = np.fromiter(chosen, np.bool_)
        return found


def sharpened(weights: Probabilities, temperature: float) -> Probabilities:
    """To the power of 1 / `temperature`, where the greatest is taken for 1; at 0 all but the greatest are nothing."""
    shares: Probabilities = weights / weights.max()
    return shares ** (1 / temperature) if temperature > 0 else np.floor(shares)


def drawn(weights: Probabilities, chance: float) -> int:
    """A place in `weights`, each as probable as its weight is great where `chance` is any number in [0, 1)."""
    sums = np.cumsum(weights)
    return int(np.searchsorted(sums, chance * sums[-1], side="right"))


def quotes_after(text: str, before: bool) -> bool:
    """Whether a quotation is open after `text`, knowing whether one was `before`; a paragraph ends it."""
    opened, closed = text.rfind("“"), max(text.rfind("”"), text.rfind(PARAGRAPH))
    return before if opened == closed else opened > closed
