import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from text_model.ngrams import Ngrams
from text_model.text_train import learn
from text_model.writing import Writer

TEXT = "She was fond of books. He was fond of her. She was not fond of him; she was fond of books.\n\n" * 3 + "Xyz."
WRITER = Writer(learn(TEXT))
COUNT = len(WRITER.pieces.texts)

texts = st.lists(st.integers(0, COUNT - 1), max_size=8)


def after(text: str) -> dict[str, float]:
    context = WRITER.ngrams.context(WRITER.pieces.split(text))
    return dict(zip(WRITER.pieces.texts, WRITER.ngrams.probabilities(context), strict=True))


@given(texts | st.integers(0, len(TEXT)).map(lambda end: WRITER.pieces.split(TEXT[:end])))
@settings(deadline=None)
def test_every_piece_is_possible_and_together_they_are_certain(text: list[int]) -> None:
    probabilities = WRITER.ngrams.probabilities(WRITER.ngrams.context(text))
    assert probabilities.min() > 0
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)


@given(texts, st.integers(0, COUNT - 1))
@settings(deadline=None)
def test_one_probability_alone_is_the_same_as_among_all(text: list[int], piece: int) -> None:
    context = WRITER.ngrams.context(text)
    assert WRITER.ngrams.probability(context, piece) == WRITER.ngrams.probabilities(context)[piece]


@given(texts, st.integers(0, COUNT - 1))
@settings(deadline=None)
def test_a_context_grows_piece_by_piece_to_what_the_whole_text_gives(text: list[int], piece: int) -> None:
    ngrams: Ngrams = WRITER.ngrams
    assert ngrams.after(ngrams.context(text), piece) == ngrams.context([*text, piece])


def test_what_followed_before_is_most_probable_and_the_more_so_the_more_is_known() -> None:
    assert max(after("She was fond of"), key=after("She was fond of").__getitem__) == " books"
    assert after("She was fond of")[" books"] > after(" of")[" books"] > after("")[" books"]


def test_where_nothing_is_known_a_piece_counts_for_what_it_followed_and_not_for_how_often() -> None:
    writer = Writer(
        learn(" fond of" * 30 + "".join(f" {word} her {word} him" for word in ("a", "b", "c", "d", "e") * 4))
    )
    numbers = {text: number for number, text in enumerate(writer.pieces.texts)}
    assert writer.ngrams.probability((0,), numbers[" her"]) > writer.ngrams.probability((0,), numbers[" of"])


def test_the_followers_are_those_that_were_found_right_after_the_last_piece() -> None:
    def followers(text: str) -> set[str]:
        context = WRITER.ngrams.context(WRITER.pieces.split(text))
        return {WRITER.pieces.texts[number] for number in WRITER.ngrams.followers(context)}

    assert followers("He was") == {" fond", " not"}
    assert followers("") == set(WRITER.pieces.texts)
    assert np.issubdtype(WRITER.ngrams.followers((0,)).dtype, np.integer)
