"""Trains the model and writes its file and checksum: `python -m text_model.text_train`.

Training is counting, and nothing in it is random: the same versions of its libraries write the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import lzma
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from text_model.ngrams import LEVEL_ARRAYS, Numbers, Probabilities
from text_model.pieces import PARAGRAPH, PIECE, Pieces
from text_model.text_predict import MODEL_FILE, checksum_file
from text_model.writing import Writer

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

TEXT_FILE = Path(__file__).parent / "texts" / "austen.txt.xz"
"""One line a paragraph, one empty line between chapters."""

TOLD = slice(4, None, 10)
"""The chapters that a model is tested on, which has not read them. KEPT_FROM and WHOLE_FROM were chosen with others."""

KEPT_FROM = (1, 1, 1, 2, 2)
"""How often an n-gram of 1, 2, 3, 4 and 5 pieces must be found to be kept. The others would double the file, and take
less than 1 % off the bits per character."""

ORDER = len(KEPT_FROM)

WHOLE_FROM = 3
"""How often a word must be found to be a piece; rarer ones are spelled."""


@dataclass(frozen=True)
class Found:
    """The n-grams of one length that a text has, each known by its place in `keys`.

    Attributes:
        keys: the place of the (n-1)-gram that each continues, times the number of pieces, plus its last piece; they
            ascend.
        counts: how often each was found.
        ends: the (n-1)-gram that each ends with.
        until: the one that ends right before each piece of the text, and after the last; -1 where there is none.
    """

    keys: Numbers
    counts: Numbers
    ends: Numbers
    until: Numbers


def chapters(file: Path = TEXT_FILE) -> list[str]:
    """Each with the end of its last paragraph."""
    text = lzma.decompress(file.read_bytes()).decode()
    return [chapter.strip("\n").replace("\n", PARAGRAPH) + PARAGRAPH for chapter in text.split("\n\n")]


def pieces_of(text: str) -> Pieces:
    """The words and marks of `text` that are not rare, the frequent first, and all its characters."""
    found = Counter(PIECE.findall(text))
    whole = sorted((piece for piece, count in found.items() if count >= WHOLE_FROM), key=lambda it: (-found[it], it))
    return Pieces([*whole, *sorted(set(text))], len(whole))


def learn(text: str) -> dict[str, Any]:
    """The arrays that a `Writer` takes."""
    pieces = pieces_of(text)
    piece_count = len(pieces.texts)
    numbers = np.array(pieces.split(text))
    nothing = np.zeros(1, np.int64)
    found = [Found(nothing, nothing, nothing, np.zeros(len(numbers) + 1, np.int64))]
    for _ in range(ORDER):
        found.append(longer(found[-1], numbers, piece_count))
    arrays: dict[str, Any] = {
        "texts": np.frombuffer("".join(f"{text}\0" for text in pieces.texts).encode(), np.uint8),
        "whole_count": np.array(len(pieces.whole)),
    }
    parents_kept = np.ones(1, np.bool_)
    for n, kept_from in enumerate(KEPT_FROM, start=1):
        kept = found[n].counts >= kept_from
        counts = found[n].counts if n == ORDER else preceding(found[n], found[n + 1])
        level = level_arrays(found[n].keys, counts, kept, parents_kept, piece_count)
        arrays |= {f"{name}_{n}": array for name, array in zip(LEVEL_ARRAYS, level, strict=True)}
        parents_kept = kept
    return arrays


def longer(shorter: Found, numbers: Numbers, piece_count: int) -> Found:
    """The n-grams of the text `numbers` that are one longer than those of `shorter`."""
    complete = shorter.until[:-1] >= 0
    keys, first, places, counts = np.unique(
        shorter.until[:-1][complete] * piece_count + numbers[complete],
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    until = np.full(len(numbers) + 1, -1)
    until[1:][complete] = places
    return Found(keys, counts, shorter.until[1:][complete][first], until)


def preceding(shorter: Found, longer: Found) -> Numbers:
    """After how many different pieces each n-gram was found; 1 for what the text begins with.

    So Kneser and Ney count all but the longest: the shorter ones are asked only where what came before is new.
    """
    return np.maximum(np.bincount(longer.ends, minlength=len(shorter.keys)), 1)


def level_arrays(
    keys: Numbers, counts: Numbers, kept: Flags, parents_kept: Flags, piece_count: int
) -> tuple[Numbers, ...]:
    """What a `Level` takes: of the n-grams those that are `kept`, and of the (n-1)-grams likewise."""
    parents = keys // piece_count
    children = np.bincount(parents[kept], minlength=len(parents_kept))
    rests = np.bincount(parents[~kept], weights=counts[~kept], minlength=len(parents_kept))
    return (
        smallest(children[parents_kept]),
        smallest(keys[kept] % piece_count),
        smallest(counts[kept]),
        smallest((rests * (children > 0))[parents_kept]),
        discounts(counts),
    )


def discounts(counts: Numbers) -> Probabilities:
    """What to take off a count of 1, of 2, and of more.

    Source: Chen and Goodman (1998), equation 26.
    """
    once, twice, thrice, often = (max(int((counts == count).sum()), 1) for count in (1, 2, 3, 4))
    share = once / (once + 2 * twice)
    found = (1 - 2 * share * twice / once, 2 - 3 * share * thrice / twice, 3 - 4 * share * often / thrice)
    return np.clip(found, 0.1, (0.9, 1.9, 2.9))


def smallest(numbers: Numbers) -> Numbers:
    """As unsigned integers of no more bytes than the largest one needs."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def file_content(arrays: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return lzma.compress(file.getvalue(), preset=9 | lzma.PRESET_EXTREME)


def bits(text: str, writer: Writer) -> float:
    """How many bits it takes to tell `text` to someone who has the model: the sum of -log2 of each probability.

    That is more than it takes at best: the same text could be told by other pieces than those it is split into.
    """
    context = writer.ngrams.context(writer.pieces.split(PARAGRAPH))
    total = 0.0
    for piece in writer.pieces.split(text):
        total -= math.log2(writer.ngrams.probability(context, piece))
        context = writer.ngrams.after(context, piece)
    return total


def unigram_bits(text: str, seen: str) -> float:
    """The same for someone who knows only how often each character is in `seen`, plus once."""
    counts = Counter(seen) + Counter(set(seen + text))
    return sum(-math.log2(counts[character] / counts.total()) for character in text)


def compressed_bits(text: str, seen: str = "") -> float:
    """The same for `xz`, which may read `seen` first."""

    def size(content: str) -> int:
        return 8 * len(lzma.compress(content.encode(), preset=9))

    return size(seen + text) - (size(seen) if seen else 0)


def figures(parts: Sequence[str]) -> Iterator[str]:
    """What it takes to tell a tenth of `parts` to someone who has read the others, beside simpler ways."""
    told, others = "".join(parts[TOLD]), list(parts)
    del others[TOLD]
    seen = "".join(others)
    ways: dict[str, Callable[[], float]] = {
        "this model": lambda: bits(told, Writer(learn(seen))),
        "how often each character is found": lambda: unigram_bits(told, seen),
        "xz": lambda: compressed_bits(told),
        "xz, after the other chapters": lambda: compressed_bits(told, seen),
    }
    return (f"{bits_of() / len(told):.3f} bits per character: {name}" for name, bits_of in ways.items())


def train(file: Path = MODEL_FILE, text_file: Path = TEXT_FILE) -> None:
    """Write the model to `file`, and its checksum beside it."""
    content = file_content(learn("".join(chapters(text_file))))
    file.write_bytes(content)
    checksum_file(file).write_text(f"{hashlib.sha256(content).hexdigest()}  {file.name}\n", encoding="ascii")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m text_model.text_train", description="Train the text model.")
    parser.add_argument("--output", type=Path, default=MODEL_FILE, help="where to write the model file (%(default)s)")
    parser.add_argument("--text", type=Path, default=TEXT_FILE, help="what to train on, xz-compressed (%(default)s)")
    options = parser.parse_args(arguments)
    for line in figures(chapters(options.text)):
        print(line)  # noqa: T201
    train(options.output, options.text)
    print(f"Wrote {options.output}")  # noqa: T201


if __name__ == "__main__":
    main()
