from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from text_model.pieces import PARAGRAPH, PIECE
from text_model.text_predict import MODEL_FILE
from text_model.text_train import chapters
from text_model.writing import Writer, drawn, quotes_after, sharpened


@pytest.fixture(scope="module")
def writer() -> Writer:
    return Writer.from_file(MODEL_FILE.read_bytes())


def written(writer: Writer, prompt: str, *, temperature: float = 0.7, seed: int = 1, count: int = 150) -> list[str]:
    return list(islice(writer.write(prompt, temperature, seed), count))


@pytest.fixture(scope="module")
def pairs() -> set[tuple[str, str]]:
    """Each two pieces that are side by side in the novels."""
    return set(pairwise(PIECE.findall("".join(chapters()))))


@pytest.mark.parametrize("temperature", [0.7, 1, 2])
def test_it_joins_no_two_words_that_the_novels_never_join(
    writer: Writer, pairs: set[tuple[str, str]], temperature: float
) -> None:
    for seed in range(10):
        pieces = written(writer, "", temperature=temperature, seed=seed)
        assert set(pairwise([PARAGRAPH, *pieces])) <= pairs


@pytest.mark.parametrize("prompt", ["", "“My dear", "A ball! “What", "“Yes.”\nNo “"])
def test_a_quotation_that_is_opened_is_closed_before_another_or_the_end_of_the_paragraph(
    writer: Writer, prompt: str
) -> None:
    for seed in range(5):
        text = prompt + "".join(written(writer, prompt, temperature=1.5, seed=seed, count=400))
        *paragraphs, last = text.replace("\n\n", "\n").split("\n")
        for paragraph in (*paragraphs, last + "”" * last.count("“", last.rfind("”") + 1)):
            marks = "".join(mark for mark in paragraph if mark in "“”")
            assert marks == "“”" * (len(marks) // 2)


def test_it_finishes_a_word(writer: Writer) -> None:
    first, *_ = written(writer, "It is a truth univ")
    assert first in ("ersal", "ersally")


def test_a_finished_word_may_stay_as_it_is(writer: Writer) -> None:
    assert written(writer, "She was very", temperature=0)[0] == ""


@pytest.mark.parametrize(
    "prompt", ["The ", "☃", "Websocket", "   ", "\n\n", "“", "don't", "A" * 1000, "\0", "She said —"]
)
def test_it_continues_whatever_it_is_given(writer: Writer, prompt: str) -> None:
    assert "".join(written(writer, prompt)).strip()


def test_at_temperature_0_no_seed_matters(writer: Writer) -> None:
    assert written(writer, "Emma", temperature=0, seed=1) == written(writer, "Emma", temperature=0, seed=2)


def test_a_higher_temperature_dares_more() -> None:
    probabilities = np.array([0.6, 0.3, 0.1])
    assert sharpened(probabilities, 0).tolist() == [1, 0, 0]
    assert sharpened(probabilities, 5e-324).tolist() == [1, 0, 0]
    assert sharpened(probabilities, 1) == pytest.approx([1, 1 / 2, 1 / 6])
    assert sharpened(probabilities, 2) == pytest.approx([1, (1 / 2) ** 0.5, (1 / 6) ** 0.5])


@given(st.lists(st.sampled_from([0, 1e-300, 0.3, 1]), min_size=1).filter(any), st.floats(0, 1, exclude_max=True))
@settings(deadline=None)
def test_what_has_no_weight_is_never_drawn(weights: list[float], chance: float) -> None:
    assert weights[drawn(np.array(weights), chance)] > 0


def test_draws_are_in_proportion_to_the_weights() -> None:
    places = [drawn(np.array([1.0, 0.0, 3.0]), chance) for chance in np.arange(0, 1, 1 / 16)]
    assert places == [0] * 4 + [2] * 12


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [("“", False, True), ("”", True, False), ("x", True, True), ("a “b” c “d", False, True)],
)
def test_it_knows_whether_a_quotation_is_open(text: str, before: bool, after: bool) -> None:
    assert quotes_after(text, before) is after
    assert quotes_after(f"{text}\n\n", before) is False
