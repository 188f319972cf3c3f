"""A Kneser-Ney language model over numbered pieces: what may come next, and how probable it is.

It is a tree: from the root, a path of n pieces is an n-gram, a sequence of pieces that the training text has. It knows
no text, and draws nothing.

Source: Chen and Goodman, An Empirical Study of Smoothing Techniques for Language Modeling, TR-10-98, Harvard
University (1998): interpolated Kneser-Ney smoothing with three discounts for each length of n-grams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Numbers = np.ndarray[tuple[int], np.dtype[Any]]
Probabilities = np.ndarray[tuple[int], np.dtype[np.float64]]

Context = tuple[int, ...]
"""Where in the tree the last pieces are: the node of the last 0, 1, 2, … of them, as far as there is one."""

LEVEL_ARRAYS = ("children", "pieces", "counts", "rests", "discounts")


class Level:
    """The n-grams of one length.

    Args:
        children: how many of them continue each (n-1)-gram.
        pieces: the last piece of each; those that continue one (n-1)-gram stand together and ascend.
        counts: how often each was found, or after how many different pieces.
        rests: the sum of the counts of those that continue each (n-1)-gram and were left out for their rarity.
        discounts: what is taken off a count of 1, of 2, and of more, for what was not found.
    """

    def __init__(
        self, children: Numbers, pieces: Numbers, counts: Numbers, rests: Numbers, discounts: Probabilities
    ) -> None:
        self.starts = np.concatenate(([0], np.cumsum(children, dtype=np.int64)))
        self.pieces = pieces
        parents = np.repeat(np.arange(len(children)), children)
        kept = counts - discounts[np.minimum(counts, 3) - 1]
        totals = np.maximum(np.bincount(parents, weights=counts, minlength=len(children)) + rests, 1)
        self.probabilities = kept / totals[parents]
        self.remainders = 1 - np.bincount(parents, weights=kept, minlength=len(children)) / totals

    def child(self, parent: int, piece: int) -> int | None:
        start, end = self.starts[parent : parent + 2]
        place = int(start + np.searchsorted(self.pieces[start:end], piece))
        return place if place < end and self.pieces[place] == piece else None


class Ngrams:
    """All levels, from the single pieces on.

    Args:
        arrays: those of each `Level`, by their names and the length of its n-grams, as in `counts_2`.
        piece_count: how many pieces there are.
    """

    def __init__(self, arrays: Mapping[str, Any], piece_count: int) -> None:
        self.order = sum(name.startswith("pieces_") for name in arrays)
        self._levels = [Level(*(arrays[f"{name}_{n}"] for name in LEVEL_ARRAYS)) for n in range(1, self.order + 1)]
        self._uniform = np.full(piece_count, 1 / piece_count)

    def context(self, pieces: Sequence[int]) -> Context:
        """The context in which a text stands after `pieces`, of which the last few matter."""
        context: Context = (0,)
        for piece in pieces[1 - self.order :]:
            context = self.after(context, piece)
        return context

    def after(self, context: Context, piece: int) -> Context:
        """The context when `piece` has followed."""
        nodes = [0]
        for level, node in zip(self._levels[:-1], context, strict=False):
            child = level.child(node, piece)
            if child is None:
                break
            nodes.append(child)
        return tuple(nodes)

    def probabilities(self, context: Context) -> Probabilities:
        """How probable each piece is to be the next one: more than 0, and 1 in sum."""
        found = self._uniform
        for level, node in zip(self._levels, context, strict=False):
            start, end = level.starts[node : node + 2]
            found = found * level.remainders[node]
            found[level.pieces[start:end]] += level.probabilities[start:end]
        return found

    def probability(self, context: Context, piece: int) -> float:
        """What `probabilities` says of `piece`, sooner said."""
        found = float(self._uniform[piece])
        for level, node in zip(self._levels, context, strict=False):
            child = level.child(node, piece)
            found = found * level.remainders[node] + (0 if child is None else level.probabilities[child])
        return float(found)

    def followers(self, context: Context) -> Numbers:
        """The pieces that were found right after the last one; every piece where that has not been found."""
        if len(context) < 2:
            return np.arange(len(self._uniform))
        pairs = self._levels[1]
        return pairs.pieces[pairs.starts[context[1]] : pairs.starts[context[1] + 1]]
